/* The sheet as the page knows it: the server's value of every cell beside what was typed, and why a cell can't be sent.
   Nothing here touches the page or the network; whoever listens redraws the cells named in a change. */
(function (root) {
  'use strict';
  var HocVu = root.HocVu = root.HocVu || {};
  var marks = HocVu.marks;

  function key(student, column) { return student + '|' + column; }

  function Sheet(data) {
    this.listeners = [];
    this.cells = new Map();
    this.load(data);
  }

  Sheet.prototype.on = function (listener) { this.listeners.push(listener); };
  Sheet.prototype.emit = function (changed) { this.listeners.forEach(function (listener) { listener(changed || []); }); };

  Sheet.prototype.load = function (data) {
    this.data = data;
    this.info = data.sheet;
    this.columns = data.columns;
    this.rows = data.rows;
    this.revision = data.sheet.revision;
    this.byName = new Map(data.columns.map(function (column) { return [column.name, column]; }));
    this.byStudent = new Map(data.rows.map(function (row) { return [String(row.student), row]; }));
    this.graded = data.columns.filter(function (column) { return column.kind !== 'text'; });
    data.rows.forEach(this.loadRow, this);
  };

  Sheet.prototype.loadRow = function (row) {
    this.columns.forEach(function (column) {
      var value = marks.canonical(row.marks[column.name], column.kind);
      var cell = this.cells.get(key(row.student, column.name));
      if (!cell) {
        this.cells.set(key(row.student, column.name), this.newCell(row, column, value));
      } else if (!this.pending(cell) || cell.value === value) {
        this.settle(cell, value);
      } else {
        this.meet(cell, value);
      }
    }, this);
  };

  /* Re-read while the cell holds something unsaved: its old value stays, so that the server still judges it. */
  Sheet.prototype.meet = function (cell, value) {
    cell.latest = value;
    if (cell.conflict && cell.conflict.theirs !== value) {
      cell.base = value;
      cell.conflict = { theirs: value, by: null, at: null };
    }
    if (cell.refused && !this.lock(cell)) { cell.refused = null; } // reopened meanwhile: it may go again
  };

  Sheet.prototype.newCell = function (row, column, value) {
    var kind = column.kind;
    return { student: row.student, column: column.name, kind: kind, base: value, value: value, text: marks.show(value, kind),
      reason: null, suggestion: null, conflict: null, refused: null, latest: undefined,
      sending: false, saved: false };
  };

  Sheet.prototype.cell = function (student, column) { return this.cells.get(key(student, column)); };
  Sheet.prototype.row = function (student) { return this.byStudent.get(String(student)); };

  /* The server's value becomes the cell's only value. */
  Sheet.prototype.settle = function (cell, value) {
    cell.base = cell.value = value;
    cell.text = marks.show(value, cell.kind);
    cell.reason = cell.suggestion = cell.conflict = cell.refused = null;
    cell.latest = undefined;
  };

  Sheet.prototype.pending = function (cell) {
    return cell.sending || cell.value !== cell.base || Boolean(cell.reason || cell.conflict || cell.refused);
  };
  Sheet.prototype.isIssue = function (cell) { return Boolean(cell.reason || cell.conflict || cell.refused); };
  Sheet.prototype.isDirty = function (cell) { return !this.isIssue(cell) && cell.value !== cell.base; };

  /* Why the cell can't be typed into: {kind: 'column' | 'cell' | 'row' | 'exempt' | 'view', text}; null when it can. */
  Sheet.prototype.lock = function (cell) {
    var row = this.row(cell.student), column = this.byName.get(cell.column);
    if (row.closed) { return { kind: 'row', text: row.note || '' }; }
    if (this.state(cell) === 'exempt') { return { kind: 'exempt', text: '' }; }
    if (row.opened && row.opened[cell.column]) { return null; }
    if (!column.open) { return { kind: 'column', text: column.locked ? column.locked.text : '', since: column.locked ? column.locked.since : '' }; }
    if ((row.locked || []).indexOf(cell.column) >= 0) { return { kind: 'cell', text: '' }; }
    return this.info.can_write ? null : { kind: 'view', text: '' };
  };

  Sheet.prototype.state = function (cell) { return (this.row(cell.student).states || {})[cell.column] || null; };

  /* V and M are shown, never typed; blank and 0 are other things. */
  Sheet.prototype.sign = function (cell) {
    var state = this.state(cell);
    if (cell.value !== null || cell.reason) { return ''; }
    return state === 'awaiting' ? 'V' : state === 'exempt' ? 'M' : '';
  };

  Sheet.prototype.display = function (cell) { return cell.text || this.sign(cell); };

  /* Somebody typed, pasted, filled or undid. Returns the text the cell shows. */
  Sheet.prototype.edit = function (cell, text) {
    var typed = String(text === null || text === undefined ? '' : text).trim();
    if (typed === this.sign(cell) && typed) { return typed; }
    if (typed === this.stateSign(cell)) { typed = ''; } // an undo brings the sign back
    var result = marks.parse(typed, cell.kind, this.info.quick_entry);
    cell.saved = false;
    cell.refused = null;
    cell.reason = result.reason || null;
    cell.suggestion = result.suggestion || null;
    cell.value = result.reason ? undefined : result.value;
    cell.text = result.reason ? typed : marks.show(result.value, cell.kind);
    if (cell.conflict && cell.value === cell.base) { cell.conflict = null; }
    if (!this.pending(cell) && cell.latest !== undefined) { this.settle(cell, cell.latest); }
    return this.display(cell);
  };

  Sheet.prototype.stateSign = function (cell) {
    var state = this.state(cell);
    return state === 'awaiting' ? 'V' : state === 'exempt' ? 'M' : null;
  };

  Sheet.prototype.all = function (test) {
    var found = [];
    this.cells.forEach(function (cell) { if (test.call(this, cell)) { found.push(cell); } }, this);
    return found;
  };

  Sheet.prototype.counts = function () {
    var count = { dirty: 0, saving: 0, conflict: 0, invalid: 0 };
    this.cells.forEach(function (cell) {
      if (cell.conflict) { count.conflict += 1; } else if (cell.reason || cell.refused) { count.invalid += 1; }
      else if (cell.sending) { count.saving += 1; } else if (cell.value !== cell.base) { count.dirty += 1; }
    });
    return count;
  };

  /* Everything a reload would lose. */
  Sheet.prototype.unsaved = function () { return this.all(this.pending); };

  /* Changed, valid, undisputed: what one request carries. */
  Sheet.prototype.changes = function () {
    return this.all(this.isDirty).map(function (cell) {
      return { student: cell.student, column: cell.column, old: cell.base, new: cell.value };
    });
  };

  Sheet.prototype.cellsOf = function (list) {
    var sheet = this;
    return (list || []).map(function (item) { return sheet.cell(item.student, item.column); }).filter(Boolean);
  };

  Sheet.prototype.sending = function (changes, on) {
    var cells = this.cellsOf(changes);
    cells.forEach(function (cell) { cell.sending = on; });
    this.emit(cells);
  };

  Sheet.prototype.applySaved = function (answer, changes) {
    var sheet = this, touched = [];
    if (answer.revision !== undefined) { sheet.revision = answer.revision; }
    var confirmed = new Map((answer.cells || []).map(function (item) { return [key(item.student, item.column), item.value]; }));
    changes.forEach(function (change) {
      var cell = sheet.cell(change.student, change.column), at = key(change.student, change.column);
      if (!cell) { return; }
      var value = confirmed.has(at) ? confirmed.get(at) : change.new;
      value = marks.canonical(value, cell.kind);
      if (cell.value === change.new) { sheet.settle(cell, value); cell.saved = true; } else { cell.base = value; }
      cell.sending = false;
      touched.push(cell);
    });
    (answer.states || []).forEach(function (item) { sheet.setState(item); });
    (answer.rows || []).forEach(function (item) { Object.assign(sheet.row(item.student) || {}, item); });
    (answer.locked || []).forEach(function (item) { sheet.lockCell(item); });
    sheet.emit(touched.concat(sheet.cellsOf(answer.locked), sheet.cellsOf(answer.states)));
  };

  /* An absence was marked: no typing of ours is behind it. */
  Sheet.prototype.applyAbsence = function (answer, asked) {
    var sheet = this;
    (answer.cells || []).forEach(function (item) {
      var cell = sheet.cell(item.student, item.column);
      if (cell) { sheet.settle(cell, marks.canonical(item.value, cell.kind)); }
    });
    sheet.applySaved(Object.assign({ states: [asked] }, answer, { cells: [] }), []);
    sheet.emit(sheet.cellsOf(answer.cells).concat(sheet.cellsOf([asked])));
  };

  Sheet.prototype.setState = function (item) {
    var row = this.row(item.student);
    if (!row) { return; }
    row.states = row.states || {};
    if (item.state) { row.states[item.column] = item.state; } else { delete row.states[item.column]; }
  };

  Sheet.prototype.lockCell = function (item) {
    var row = this.row(item.student);
    if (row && (row.locked || []).indexOf(item.column) < 0) { row.locked = (row.locked || []).concat(item.column); }
  };

  /* Whoever saved first wins; the other sees both values and chooses. */
  Sheet.prototype.applyConflicts = function (answer) {
    var sheet = this;
    if (answer.revision !== undefined) { sheet.revision = answer.revision; }
    var cells = (answer.conflicts || []).map(function (item) {
      var cell = sheet.cell(item.student, item.column);
      if (!cell) { return null; }
      cell.base = marks.canonical(item.theirs, cell.kind);
      cell.conflict = cell.value === cell.base ? null : { theirs: cell.base, by: item.by, at: item.at };
      return cell;
    }).filter(Boolean);
    sheet.emit(cells);
    return cells;
  };

  Sheet.prototype.applyProblems = function (answer) {
    var sheet = this;
    var cells = (answer.problems || []).map(function (item) {
      var cell = sheet.cell(item.student, item.column);
      if (cell) { cell.reason = item.reason; cell.suggestion = item.suggestion || null; }
      return cell;
    }).filter(Boolean);
    sheet.emit(cells);
    return cells;
  };

  Sheet.prototype.applyRefused = function (answer, changes) {
    var sheet = this, told = (answer.reasons || []).filter(function (item) { return item.student; });
    var general = (answer.reasons || []).map(function (item) { return item.text; })[0] || answer.message;
    var cells = sheet.cellsOf(told.length ? told : changes);
    told.forEach(function (item) { var cell = sheet.cell(item.student, item.column); if (cell) { cell.refused = item.text; } });
    cells.forEach(function (cell) { cell.refused = cell.refused || general || '-'; });
    sheet.emit(cells);
    return cells;
  };

  Sheet.prototype.keepTheirs = function (cell) { this.settle(cell, cell.base); this.emit([cell]); };
  Sheet.prototype.keepMine = function (cell) { cell.conflict = null; this.emit([cell]); };
  Sheet.prototype.discard = function (cell) { this.settle(cell, cell.latest === undefined ? cell.base : cell.latest); this.emit([cell]); };
  Sheet.prototype.correct = function (cell) {
    if (cell.suggestion) { this.edit(cell, marks.show(cell.suggestion, cell.kind)); this.emit([cell]); }
  };

  /* Averages follow the typing; `provisional` until the server has confirmed them. */
  Sheet.prototype.result = function (row) {
    var sheet = this, now = {}, changed = false, broken = false;
    if (!sheet.info.has_average) { return {}; }
    sheet.graded.forEach(function (column) {
      var cell = sheet.cell(row.student, column.name);
      now[column.name] = cell.value;
      broken = broken || cell.value === undefined;
      changed = changed || cell.value !== cell.base || cell.sending;
    });
    if (!changed) {
      return { average: row.average, year: row.year_average, level: row.level, provisional: false,
        threshold: row.average ? row.threshold || marks.threshold(row.average) : null };
    }
    if (broken) { return { average: null, year: null, level: null, threshold: null, provisional: true }; }
    var average = sheet.info.kind === 'comment' ? null : marks.average(now, sheet.graded);
    return { average: average, year: marks.yearAverage(row.term1_average || null, average), threshold: marks.threshold(average),
      level: sheet.info.kind === 'comment' ? marks.level(now, sheet.graded, sheet.info.two_thirds) : null, provisional: true };
  };

  /* State re-read from the server: locks, other people's saves. Unsaved cells keep their old value, so that the server still judges them. */
  Sheet.prototype.merge = function (data) {
    var ids = function (sheetData) {
      return JSON.stringify([sheetData.rows.map(function (row) { return row.student; }), sheetData.columns.map(function (column) { return column.name; })]);
    };
    if (ids(data) !== ids(this.data)) { return false; }
    if (data.sheet.revision < this.revision) { return true; } // drawn before our last save got through
    this.load(data);
    this.emit(this.all(function () { return true; }));
    return true;
  };

  HocVu.Sheet = Sheet;
}(typeof window === 'undefined' ? globalThis : window));
