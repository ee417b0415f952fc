/* The plain form works without this script; with it, a mark is checked as soon as its field is left, the save bar counts
   what is unsaved, and leaving the page warns. */
(function (root) {
  'use strict';
  var HocVu = root.HocVu, form = document.getElementById('hv-plain'), script = document.getElementById('plain-data');
  if (!form || !script) { return; }
  var data = JSON.parse(script.textContent), t = HocVu.dom.texts(data.texts), el = HocVu.dom.el;
  var count = document.getElementById('hv-plain-count'), leaving = false;
  var fields = Array.from(form.querySelectorAll('[name^="cell-"]'));
  var drawn = new Map(fields.map(function (field) { return [field, field.value]; }));

  function kind(field) { return field.dataset.kind; }

  function clear(field) {
    var note = document.getElementById('e-' + field.name);
    if (note) { note.remove(); }
    field.removeAttribute('aria-invalid');
    var help = document.getElementById('h-' + field.name);
    if (help) { field.setAttribute('aria-describedby', help.id); } else { field.removeAttribute('aria-describedby'); }
  }

  function refuse(field, result) {
    var note = el('span', { class: 'hv-error', id: 'e-' + field.name }, HocVu.dom.icon('fa-circle-exclamation'), ' ' + t(result.reason, { value: field.value }) + ' ');
    if (result.suggestion) {
      var value = HocVu.marks.show(result.suggestion, kind(field));
      note.append(HocVu.dom.button(t('correct_to', { value: value }), function () { field.value = value; check(field); field.focus(); }));
    }
    field.after(note);
    field.setAttribute('aria-invalid', 'true');
    field.setAttribute('aria-describedby', note.id);
  }

  function check(field) {
    var result = HocVu.marks.parse(field.value, kind(field), data.quick_entry);
    clear(field);
    if (result.reason) { refuse(field, result); } else { field.value = HocVu.marks.show(result.value, kind(field)); }
    tell();
  }

  function changed() { return fields.filter(function (field) { return field.value !== drawn.get(field); }); }

  function tell() {
    var wrong = form.querySelectorAll('[name^="cell-"][aria-invalid]').length, parts = [];
    if (changed().length) { parts.push(changed().length + ' ' + t('count_dirty')); }
    if (wrong) { parts.push(wrong + ' ' + t('count_invalid')); }
    count.textContent = parts.join(', ');
  }

  fields.forEach(function (field) { field.addEventListener('change', function () { check(field); }); });
  /* The phone's "next" key goes to the next student instead of sending the form. */
  form.addEventListener('keydown', function (event) {
    var at = fields.indexOf(event.target);
    if (event.key !== 'Enter' || at < 0 || event.target.tagName === 'TEXTAREA' || event.isComposing) { return; }
    event.preventDefault();
    (fields[at + 1] || form.querySelector('[type="submit"]')).focus();
  });
  form.addEventListener('submit', function () { leaving = true; });
  root.addEventListener('beforeunload', function (event) {
    if (!leaving && changed().length) { event.preventDefault(); event.returnValue = ''; }
  });
  var errors = document.getElementById('hv-errors');
  if (errors) { errors.focus(); }
  var strip = document.querySelector('.hv-strip--long'), shown = strip && strip.querySelector('[aria-current]');
  if (shown) { strip.scrollLeft = shown.offsetLeft - strip.offsetLeft; }
  tell();
}(window));
