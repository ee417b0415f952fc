/* The order of a print: only the fields and terms the chosen form has. Without script a button asks the server for them. */
(function () {
  'use strict';
  var select = document.getElementById('form');
  var parts = document.getElementById('parts');
  var button = document.getElementById('choose');
  if (!select || !parts || !button) { return; }
  button.parentNode.removeChild(button);

  function offer() {
    var chosen = select.options[select.selectedIndex];
    var offered = chosen.dataset.parts.split(' ').filter(Boolean);
    var ticked = null, last = null;
    parts.hidden = !offered.length;
    parts.querySelectorAll('input[name="part"]').forEach(function (radio) {
      var has = offered.indexOf(radio.value) >= 0;
      radio.disabled = !has;
      radio.closest('label').hidden = !has;
      if (!has) { radio.checked = false; return; }
      last = radio;
      if (radio.checked) { ticked = radio; }
    });
    if (last && !ticked) { last.checked = true; }
    document.querySelectorAll('.form-group[data-about]').forEach(function (field) {
      field.hidden = field.dataset.about.split(' ').indexOf(chosen.dataset.about) < 0;
    });
  }

  select.addEventListener('change', offer);
  offer();
}());
