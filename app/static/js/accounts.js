/* Pages about accounts: the print button, and "select all". Everything works without it. */
(function () {
  'use strict';
  var print = document.getElementById('hv-print');
  if (print) {
    print.hidden = false;
    print.addEventListener('click', function () { window.print(); });
  }
  var all = document.getElementById('hv-pick-all');
  if (all) {
    var boxes = Array.prototype.slice.call(document.querySelectorAll('.hv-picks tbody input[type="checkbox"]'));
    var show = function () {
      var on = boxes.filter(function (box) { return box.checked; }).length;
      all.checked = on === boxes.length;
      all.indeterminate = on > 0 && on < boxes.length;
    };
    all.hidden = false;
    all.addEventListener('change', function () { boxes.forEach(function (box) { box.checked = all.checked; }); });
    boxes.forEach(function (box) { box.addEventListener('change', show); });
    show();
  }
})();
