/* Without this script a suggestion that is picked is used when the form is sent; with it, it is written into the field
   at once and can be changed. Leaving the page with unsaved remarks warns. */
(function (root) {
  'use strict';
  var form = document.getElementById('hv-notes'), leaving = false;
  if (!form) { return; }
  var fields = Array.from(form.querySelectorAll('textarea'));
  var drawn = new Map(fields.map(function (field) { return [field, field.value]; }));

  form.addEventListener('change', function (event) {
    var field = event.target.dataset.fills && document.getElementById(event.target.dataset.fills);
    if (!field || !event.target.value) { return; }
    field.value = (field.value.trim() ? field.value.trim() + ' ' : '') + event.target.value;
    event.target.value = '';
    field.focus();
  });
  form.addEventListener('submit', function () { leaving = true; });
  root.addEventListener('beforeunload', function (event) {
    var dirty = fields.some(function (field) { return field.value !== drawn.get(field); });
    if (!leaving && dirty) { event.preventDefault(); event.returnValue = ''; }
  });
  var errors = document.getElementById('hv-errors');
  if (errors) { errors.focus(); }
}(window));
