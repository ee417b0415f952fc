/* The month's grid by keyboard as in a sheet: arrows and Enter move, P and K are written large. Leaving with unsaved
   marks warns. Without this script the forms are plain forms. */
(function (root) {
  'use strict';
  var form = document.getElementById('hv-attendance'), leaving = false, dirty = false;
  if (!form) { return; }
  var MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], Enter: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

  function neighbour(field, move) {
    var cell = field.closest('td'), row = cell.parentElement, place = cell.cellIndex;
    var next = null;
    while (!next) {
      row = move[0] < 0 ? row.previousElementSibling : move[0] > 0 ? row.nextElementSibling : row;
      place += move[1];
      if (!row || !row.cells[place]) { return null; }
      next = row.cells[place].querySelector('input.hv-cell');
    }
    return next;
  }

  form.addEventListener('keydown', function (event) {
    var field = event.target, move = MOVES[event.key];
    if (!move || !field.classList.contains('hv-cell') || event.ctrlKey || event.altKey || event.metaKey) { return; }
    event.preventDefault();
    var next = neighbour(field, move);
    if (next) { next.focus(); next.select(); }
  });
  form.addEventListener('input', function (event) {
    dirty = true;
    if (event.target.classList.contains('hv-cell')) { event.target.value = event.target.value.toUpperCase(); }
  });
  form.addEventListener('submit', function () { leaving = true; });
  root.addEventListener('beforeunload', function (event) {
    if (dirty && !leaving) { event.preventDefault(); event.returnValue = ''; }
  });
  var errors = document.getElementById('hv-errors');
  if (errors) { errors.focus(); }
}(window));
