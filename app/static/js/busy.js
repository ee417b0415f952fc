/* Forms whose work takes a while: once sent, the page says so and the button can't be pressed again.
   Everything works without it: the server does what a file says once, however often it is asked. */
(function () {
  'use strict';
  document.querySelectorAll('form[data-busy]').forEach(function (form) {
    var button = form.querySelector('[type="submit"]'), note = form.querySelector('[data-busy-note]');

    function show(busy) {
      button.disabled = busy;
      form.setAttribute('aria-busy', String(busy));
      note.textContent = busy ? form.dataset.busy : '';
    }

    form.addEventListener('submit', function (event) {
      if (button.disabled) { event.preventDefault(); return; } // Enter in a field
      show(true);
    });
    window.addEventListener('pageshow', function () { show(false); }); // back again, from the browser's memory
  });
}());
