/* The sheet drawn with jspreadsheet-ce: what a cell shows, its state (class + sign + words) and what is selected.
   The model decides; the grid only holds texts. A cell that can't be typed into has the class `readonly`, which jspreadsheet
   obeys for typing, pasting, filling and undo. */
(function (root) {
  'use strict';
  var HocVu = root.HocVu = root.HocVu || {};
  var STATES = ['is-locked', 'is-one', 'is-opened', 'is-dirty', 'is-saving', 'is-saved', 'is-conflict', 'is-invalid', 'is-missing',
    'is-corrected', 'is-special', 'is-calc'];
  var WIDTHS = { name: 178, average: 72, year: 72, threshold: 64, level: 84 };
  var OF_KIND = { score: 48, passing: 48, whole_mark: 56, level: 56, trait: 32, training: 134, conduct: 134, count: 120 };
  var SAVED_FOR = 3000; // ms the tick stays

  function Grid(sheet, place, t) {
    this.sheet = sheet;
    this.place = place;
    this.t = t;
    this.parts = this.layout();
    this.xOf = new Map(this.parts.map(function (part, x) { return [part.name, x]; }));
    this.yOf = new Map(sheet.rows.map(function (row, y) { return [String(row.student), y]; }));
    this.onselect = function () {};
    this.onedit = function () {};
  }

  Grid.prototype.layout = function () {
    var t = this.t, info = this.sheet.info, first = [{ name: 'name', title: t('full_name'), group: t('student') }];
    var part = function (column) {
      return { name: column.name, title: column.title, full: column.full, group: column.group, kind: column.kind, mark: true };
    };
    if (!info.has_average) { return first.concat(this.sheet.columns.map(part)); }
    var year = info.term === 2 || this.sheet.rows.some(function (row) { return row.year_average; });
    var texts = this.sheet.columns.filter(function (column) { return column.kind === 'text'; });
    var results = info.kind === 'comment' ? [{ name: 'level', title: t('level'), group: t('computed') }]
      : [{ name: 'average', title: t('average'), group: t('computed') }].concat(
        year ? [{ name: 'year', title: t('year_average'), group: t('computed') }] : [],
        [{ name: 'threshold', title: t('threshold'), group: t('computed') }]);
    return first.concat(this.sheet.graded.map(part), results, texts.map(part));
  };

  /* Together as wide as the table is at 1366 px, where that can be. */
  Grid.prototype.width = function (part) {
    var form = this.sheet.info.form;
    if (part.kind === 'text') { return { primary: 170, training: 194, traits: 94 }[form] || 98; }
    if (part.kind === 'score' || part.kind === 'passing') { return { midterm: 74, final: 72 }[part.name] || OF_KIND[part.kind]; }
    return OF_KIND[part.kind] || WIDTHS[part.name];
  };

  /* jspreadsheet sets one inline handler (onselectstart), which our Content-Security-Policy would block and report. */
  function withoutHandlers(build) {
    var real = Element.prototype.setAttribute;
    Element.prototype.setAttribute = function (name, value) { if (!/^on/i.test(name)) { real.call(this, name, value); } };
    try { return build(); } finally { Element.prototype.setAttribute = real; }
  }

  Grid.prototype.build = function () {
    var grid = this;
    this.place.replaceChildren();
    this.ws = withoutHandlers(function () { return root.jspreadsheet(grid.place, grid.options())[0]; });
    this.ws.content.onscroll = null; // it would end typing when the scroll of the last step comes late: 8,5 became ,5
    this.dressHead();
    this.sheet.rows.forEach(this.dressRow, this);
    this.touched = [];
    this.sheet.on(function (cells) { grid.draw(cells); });
    this.rove(this.firstOpen());
  };

  Grid.prototype.options = function () {
    var grid = this;
    return {
      parseFormulas: false, parseHTML: false, autoIncrement: false, allowExport: false, toolbar: false, tabs: false, about: false,
      contextMenu: function () { return false; },
      worksheets: [{
        data: this.sheet.rows.map(function (row) { return grid.parts.map(function (part) { return grid.textOf(row, part); }); }),
        columns: this.parts.map(function (part) {
          return { type: 'text', title: part.title, readOnly: !part.mark, align: part.kind === 'text' || part.name === 'name' ? 'left' : 'center',
            width: grid.width(part), wordWrap: false };
        }),
        nestedHeaders: [this.groups()],
        allowInsertRow: false, allowInsertColumn: false, allowDeleteRow: false, allowDeleteColumn: false, allowRenameColumn: false,
        columnSorting: false, columnDrag: false, columnResize: false, rowDrag: false, rowResize: false, tableOverflow: true, tableWidth: '100%',
      }],
      onbeforechange: function (ws, td, x, y, value) { return grid.change(x, y, value); },
      onafterchanges: function () { grid.changed(); },
      onundo: function (ws, record) { grid.undone(record); },
      onredo: function (ws, record) { grid.undone(record); },
      onselection: function () { grid.selected(); },
      oncreateeditor: function (ws, td, x, y) { grid.editor(td, x, y); },
      oneditionend: function (ws, td, x, y, value, save) { grid.edited(x, y, value, save); },
    };
  };

  Grid.prototype.groups = function () {
    return this.parts.reduce(function (groups, part) {
      var last = groups[groups.length - 1];
      if (last && last.title === part.group) { last.colspan += 1; } else { groups.push({ title: part.group || '', colspan: 1 }); }
      return groups;
    }, []);
  };

  Grid.prototype.textOf = function (row, part) {
    if (part.mark) { return this.sheet.display(this.sheet.cell(row.student, part.name)); }
    return part.name === 'name' ? row.name : this.resultText(row, part.name);
  };

  Grid.prototype.resultText = function (row, name) {
    var result = this.sheet.result(row), value = result[name];
    if (name === 'threshold') {
      if (value === null || value === undefined) { return ''; }
      return value ? '≥ ' + HocVu.marks.show(value, 'score') : '< 3,5';
    }
    if (!value) { return ''; }
    var text = name === 'level' ? this.t('level_' + value) : HocVu.marks.show(value, 'score');
    return (result.provisional ? '≈ ' : '') + text;
  };

  /* jspreadsheet gives a plain table; these are its roles for assistive technology. */
  Grid.prototype.dressHead = function () {
    var grid = this, ws = this.ws, heads = this.place.querySelectorAll('thead > tr'), corners = this.place.querySelectorAll('.jss_selectall');
    ws.table.setAttribute('role', 'grid');
    ws.table.setAttribute('aria-label', this.t('grid_label', { title: this.sheet.info.title }));
    ws.table.setAttribute('aria-rowcount', String(this.sheet.rows.length + heads.length));
    ws.colgroupContainer.firstChild.setAttribute('width', '40');
    heads.forEach(function (row) {
      row.setAttribute('role', 'row');
      Array.from(row.children).forEach(function (td) { td.setAttribute('role', 'columnheader'); });
    });
    corners[0].append(HocVu.dom.el('span', { class: 'sr-only' }, this.t('number')));
    corners[corners.length - 1].textContent = this.t('number');
    ws.textarea.setAttribute('aria-label', this.t('grid_label', { title: this.sheet.info.title }));
    if (ws.ads) { ws.ads.remove(); }
    this.parts.forEach(function (part, x) { grid.dressColumn(x); });
  };

  Grid.prototype.dressColumn = function (x) {
    var column = this.sheet.byName.get(this.parts[x].name), head = this.ws.headers[x];
    if (!column) { head.setAttribute('title', this.t('title_' + this.parts[x].name)); return; }
    head.classList.toggle('is-locked', !column.open);
    if (column.kind === 'trait') { // many narrow columns with long names: they stand upright
      head.classList.add('hv-upright');
      head.replaceChildren(HocVu.dom.el('span', {}, column.title));
    }
    var words = column.open ? (column.until ? this.t('open_until', { until: column.until }) : this.t('open')) : this.lockWords(column);
    head.setAttribute('title', column.full + ': ' + words);
  };

  Grid.prototype.lockWords = function (column) {
    var lock = column.locked || {};
    return (lock.since ? this.t('locked_since', { since: lock.since }) : this.t('locked')) + (lock.text ? '. ' + lock.text : '');
  };

  Grid.prototype.dressRow = function (row, y) {
    var grid = this, tr = this.ws.rows[y].element, index = tr.children[0], name = this.ws.records[y][0].element;
    tr.setAttribute('role', 'row');
    tr.setAttribute('aria-rowindex', String(y + 3));
    index.setAttribute('role', 'rowheader');
    index.textContent = row.no;
    this.parts.forEach(function (part, x) {
      var td = grid.ws.records[y][x].element;
      td.setAttribute('role', x ? 'gridcell' : 'rowheader');
      td.setAttribute('tabindex', '-1');
      if (part.kind === 'text') { td.classList.add('hv-note'); }
      if (!part.mark && x) { td.classList.add('is-calc'); td.setAttribute('aria-readonly', 'true'); }
      if (part.name === 'threshold') { td.classList.remove('is-calc'); }
      if (part.mark) { grid.drawCell(grid.sheet.cell(row.student, part.name)); }
    });
    name.setAttribute('title', row.note ? row.name + ' · ' + row.note : row.name);
    tr.classList.toggle('hv-closed', Boolean(row.closed));
  };

  Grid.prototype.td = function (cell) {
    return this.ws.records[this.yOf.get(String(cell.student))][this.xOf.get(cell.column)].element;
  };

  Grid.prototype.at = function (x, y) {
    var part = this.parts[x], row = this.sheet.rows[y];
    return part && part.mark && row ? this.sheet.cell(row.student, part.name) : null;
  };

  Grid.prototype.write = function (x, y, text) {
    var td = this.ws.records[y][x].element;
    this.ws.options.data[y][x] = text;
    if (this.ws.edition && this.ws.edition[0] === td) { return; } // being typed into: drawn when the editor closes
    if (td.textContent !== text) { td.textContent = text; }
  };

  Grid.prototype.draw = function (cells) {
    var grid = this, rows = new Set();
    cells.forEach(function (cell) { grid.drawCell(cell); rows.add(String(cell.student)); });
    rows.forEach(function (student) {
      var row = grid.sheet.row(student), y = grid.yOf.get(student);
      grid.parts.forEach(function (part, x) { if (!part.mark && x) { grid.write(x, y, grid.resultText(row, part.name)); } });
    });
    if (cells.length > this.sheet.rows.length) { this.parts.forEach(function (part, x) { grid.dressColumn(x); }); }
  };

  Grid.prototype.drawCell = function (cell) {
    var grid = this, td = this.td(cell), look = this.look(cell), lock = this.sheet.lock(cell);
    this.write(this.xOf.get(cell.column), this.yOf.get(String(cell.student)), this.sheet.display(cell));
    td.classList.remove.apply(td.classList, STATES);
    td.classList.add.apply(td.classList, look.css);
    td.classList.toggle('readonly', Boolean(lock));
    var words = look.words.slice();
    if (cell.kind === 'text' && cell.text) { words.unshift(cell.text); }
    if (words.length) { td.setAttribute('title', words.join(' · ')); } else { td.removeAttribute('title'); }
    td.setAttribute('aria-readonly', String(Boolean(lock)));
    if (this.sheet.isIssue(cell)) { td.setAttribute('aria-invalid', 'true'); } else { td.removeAttribute('aria-invalid'); }
    if (cell.saved) {
      clearTimeout(cell.timer);
      cell.timer = setTimeout(function () { cell.saved = false; grid.drawCell(cell); }, SAVED_FOR);
    }
  };

  /* One sign at a time, the most urgent; the words say all of it. */
  Grid.prototype.look = function (cell) {
    var css = [], words = [], add = function (name, text) { if (name) { css.push(name); } if (text) { words.push(text); } };
    this.urgent(cell, add);
    var calm = !css.length, lock = this.sheet.lock(cell), row = this.sheet.row(cell.student), state = this.sheet.state(cell);
    if (lock && lock.kind !== 'view' && lock.kind !== 'exempt') {
      add('is-locked', lock.kind === 'column' ? this.lockWords(this.sheet.byName.get(cell.column)) : lock.text || this.t('locked_cell'));
      if (lock.kind === 'cell' && calm) { add('is-one'); }
    } else if (row.opened && row.opened[cell.column]) { add(calm ? 'is-opened' : '', this.t('opened_until', { until: row.opened[cell.column] })); }
    if ((row.corrected || []).indexOf(cell.column) >= 0) { add(calm ? 'is-corrected' : '', this.t('corrected')); }
    if (state) { add(this.sheet.sign(cell) ? 'is-special' : '', this.t('state_' + state)); }
    if (calm && this.missing(cell, row)) { add('is-missing', this.t('missing')); }
    return { css: css.filter(Boolean), words: words };
  };

  Grid.prototype.urgent = function (cell, add) {
    if (cell.conflict) { add('is-conflict', this.t('conflict')); return; }
    if (cell.reason || cell.refused) { add('is-invalid', this.reason(cell)); return; }
    if (cell.sending) { add('is-saving', this.t('saving')); return; }
    if (cell.value !== cell.base) { add('is-dirty', this.t('dirty')); return; }
    if (cell.saved) { add('is-saved', this.t('saved')); }
  };

  Grid.prototype.reason = function (cell) {
    if (cell.refused) { return this.t('refused', { reason: cell.refused === '-' ? '' : cell.refused }); }
    var offer = cell.suggestion ? ' ' + this.t('correct_to', { value: HocVu.marks.show(cell.suggestion, cell.kind) }) + '.' : '';
    return this.t(cell.reason, { value: cell.text }) + offer;
  };

  Grid.prototype.missing = function (cell, row) {
    return cell.value === null && !row.closed && !this.sheet.state(cell) && this.sheet.byName.get(cell.column).due;
  };

  /* Typing, pasting, filling: jspreadsheet asks once a cell, then tells once at the end. */
  Grid.prototype.change = function (x, y, value) {
    var cell = this.at(parseInt(x, 10), parseInt(y, 10));
    if (!cell) { return value; }
    var text = this.sheet.edit(cell, value);
    this.touched.push(cell);
    return text;
  };

  Grid.prototype.changed = function () {
    var record = this.ws.history[this.ws.historyIndex];
    if (record && record.records) { // locked cells in a pasted block have no value to go back to
      record.records = record.records.filter(function (item) { return item.value !== undefined && item.oldValue !== undefined; });
    }
    var cells = this.touched;
    this.touched = [];
    if (cells.length) { this.sheet.emit(cells); this.onedit(cells); }
  };

  Grid.prototype.undone = function (record) {
    var grid = this;
    ((record || {}).records || []).forEach(function (item) {
      var x = parseInt(item.x, 10), y = parseInt(item.y, 10), cell = grid.at(x, y);
      if (cell && !grid.sheet.lock(cell)) { grid.sheet.edit(cell, grid.ws.options.data[y][x]); grid.touched.push(cell); }
    });
    var cells = this.touched;
    this.touched = [];
    this.sheet.emit(cells);
    this.onedit(cells);
  };

  Grid.prototype.editor = function (td, x, y) {
    var input = td.children[0], part = this.parts[x];
    input.setAttribute('aria-label', this.sheet.rows[y].name + ', ' + part.full);
    input.setAttribute('autocomplete', 'off');
    input.setAttribute('inputmode', { score: 'decimal', whole_mark: 'numeric', count: 'numeric' }[part.kind] || 'text');
  };

  Grid.prototype.edited = function (x, y, value, save) {
    var grid = this, cell = this.at(x, y), lock = this.sheet.lock(cell);
    if (save && lock && value !== this.sheet.display(cell)) { // locked while it was being typed into
      this.sheet.edit(cell, value);
      cell.refused = lock.text || '-';
    }
    setTimeout(function () {
      grid.sheet.emit([cell]);
      if (document.activeElement === document.body) { grid.focusActive(); }
    }, 0);
  };

  Grid.prototype.active = function () {
    var place = this.ws.selectedCell;
    return place ? { x: parseInt(place[0], 10), y: parseInt(place[1], 10), toX: parseInt(place[2], 10), toY: parseInt(place[3], 10) } : null;
  };

  Grid.prototype.selected = function () {
    var at = this.active(), row = at && this.sheet.rows[at.y];
    if (!row) { return; }
    this.rove(this.ws.records[at.y][at.x].element);
    this.focusActive();
    this.ws.records[at.toY][at.toX].element.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    this.onselect(this.at(at.x, at.y), row);
  };

  /* One cell of the grid is in the page's tab order. */
  Grid.prototype.rove = function (td) {
    if (this.tabbed) { this.tabbed.setAttribute('tabindex', '-1'); this.tabbed.removeAttribute('aria-selected'); }
    this.tabbed = td;
    td.setAttribute('tabindex', '0');
    if (this.ws.selectedCell) { td.setAttribute('aria-selected', 'true'); }
  };

  Grid.prototype.focusActive = function () { if (this.tabbed) { this.tabbed.focus({ preventScroll: true }); } };

  Grid.prototype.firstOpen = function () {
    var open = this.sheet.all(function (cell) { return !this.lock(cell); });
    var blank = open.filter(function (cell) { return cell.value === null && cell.kind !== 'text'; })[0];
    return blank || open[0] ? this.td(blank || open[0]) : this.ws.records[0][0].element;
  };

  Grid.prototype.select = function (cell) {
    var x = this.xOf.get(cell.column), y = this.yOf.get(String(cell.student));
    root.jspreadsheet.current = this.ws;
    this.ws.updateSelectionFromCoords(x, y, x, y);
  };

  HocVu.Grid = Grid;
}(window));
