/* Keyboard and clipboard of the grid, where jspreadsheet differs from Excel or would trap the keyboard. */
(function (root) {
  'use strict';
  var HocVu = root.HocVu = root.HocVu || {};

  function Keys(grid, say) {
    this.grid = grid;
    this.say = say;
    this.typeOver = false;
    this.onsave = function () {};
  }

  Keys.prototype.listen = function () {
    var keys = this, grid = this.grid;
    document.addEventListener('keydown', function (event) { keys.down(event); }, true);
    document.addEventListener('paste', function (event) { keys.paste(event); }, true);
    document.addEventListener('focusin', function (event) { keys.focus(event.target); });
    grid.place.addEventListener('dblclick', function () { keys.typeOver = false; }, true);
    grid.ws.parent.config.oncopy = function (ws, range) { return keys.copy(range); };
  };

  /* jspreadsheet listens to the whole document; it may only do so while the focus is in the grid. */
  Keys.prototype.focus = function (target) {
    var ws = this.grid.ws;
    if (!this.grid.place.contains(target)) {
      if (root.jspreadsheet.current === ws) { root.jspreadsheet.current = null; }
      return;
    }
    root.jspreadsheet.current = ws;
    if (!ws.selectedCell && target.getAttribute('data-y') !== null && target.getAttribute('role') === 'gridcell') {
      var x = target.getAttribute('data-x'), y = target.getAttribute('data-y');
      ws.updateSelectionFromCoords(x, y, x, y);
    }
  };

  Keys.prototype.down = function (event) {
    var ws = this.grid.ws, inside = this.grid.place.contains(document.activeElement);
    if (inside && !root.jspreadsheet.current && event.key !== 'Tab' && event.key !== 'Escape') { root.jspreadsheet.current = ws; }
    if (root.jspreadsheet.current !== ws) { return; }
    var handled = ws.edition ? this.whileEditing(event) : this.whileMoving(event);
    if (handled) { event.preventDefault(); event.stopImmediatePropagation(); }
  };

  /* As in Excel: after typing over a cell the arrows finish it; after F2 or a double click they move in the text. */
  Keys.prototype.whileEditing = function (event) {
    var input = this.grid.ws.edition[0].children[0];
    var upDown = event.key === 'ArrowUp' || event.key === 'ArrowDown', sideways = event.key === 'ArrowLeft' || event.key === 'ArrowRight';
    if (input && !event.isComposing && (upDown || (sideways && this.typeOver))) { input.blur(); }
    return this.command(event) === 'save' ? this.save(input) : false;
  };

  Keys.prototype.save = function (input) {
    if (input) { input.blur(); }
    this.onsave();
    return true;
  };

  Keys.prototype.command = function (event) {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) { return ''; }
    if (event.key === 'Enter') { return 'correct'; }
    var letter = event.key.toLowerCase();
    if (event.shiftKey) { return letter === 'z' ? 'redo' : ''; }
    return { s: 'save', d: 'fill' }[letter] || '';
  };

  Keys.prototype.whileMoving = function (event) {
    switch (this.command(event)) {
      case 'save': return this.save();
      case 'fill': return this.fillDown();
      case 'redo': this.grid.ws.redo(); return true;
      case 'correct': return this.correct();
      default:
    }
    if (event.key === 'Escape') { return this.leave(); }
    if (event.key === 'Delete' || event.key === 'Backspace') { return this.clear(); }
    if (event.key === 'F2') { this.typeOver = false; return this.lockedNote(); }
    if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) { this.typeOver = true; return this.lockedNote(); }
    return false;
  };

  /* Escape hands the keyboard back to the page: Tab then goes on to what follows the grid. */
  Keys.prototype.leave = function () {
    root.jspreadsheet.current = null;
    this.say('left_grid');
    return true;
  };

  Keys.prototype.lockedNote = function () {
    var at = this.grid.active(), cell = at && this.grid.at(at.x, at.y), lock = cell && this.grid.sheet.lock(cell);
    if (!at || (cell && !lock)) { return false; }
    this.say(cell ? 'typed_into_' + lock.kind : 'typed_into_computed', { reason: lock ? lock.text : '' });
    return true;
  };

  /* The selected block, editable or not: [{x, y, cell, open}]. */
  Keys.prototype.block = function () {
    var at = this.grid.active(), found = [];
    if (!at) { return found; }
    for (var y = Math.min(at.y, at.toY); y <= Math.max(at.y, at.toY); y += 1) {
      for (var x = Math.min(at.x, at.toX); x <= Math.max(at.x, at.toX); x += 1) { found.push(this.spot(x, y)); }
    }
    return found;
  };

  Keys.prototype.spot = function (x, y) {
    var cell = this.grid.at(x, y);
    return { x: x, y: y, cell: cell, open: Boolean(cell && !this.grid.sheet.lock(cell)) };
  };

  Keys.prototype.put = function (records) { if (records.length) { this.grid.ws.setValue(records); } };

  Keys.prototype.clear = function () {
    var block = this.block(), open = block.filter(function (spot) { return spot.open; });
    if (!open.length) { return this.lockedNote(); }
    var shut = block.filter(function (spot) { return spot.cell && !spot.open && spot.cell.value !== null; }).length;
    this.put(open.map(function (spot) { return { x: spot.x, y: spot.y, value: '' }; }));
    if (shut) { this.say('skipped_locked', { count: shut }); }
    return true;
  };

  Keys.prototype.fillDown = function () {
    var block = this.block(), first = block.length ? block[0].y : 0, grid = this.grid;
    var records = block.filter(function (spot) { return spot.open && spot.y > first; }).map(function (spot) {
      return { x: spot.x, y: spot.y, value: grid.plain(spot.x, first) };
    });
    this.put(records);
    return true;
  };

  Keys.prototype.correct = function () {
    var sheet = this.grid.sheet, cells = this.block().map(function (spot) { return spot.cell; }).filter(function (cell) { return cell && cell.suggestion; });
    cells.forEach(function (cell) { sheet.correct(cell); });
    if (cells.length) { this.grid.onedit(cells); }
    return cells.length > 0;
  };

  /* Text of a cell as other programs should get it: decimal comma, no ≈, no V or M. */
  HocVu.Grid.prototype.plain = function (x, y) {
    var cell = this.at(x, y);
    return cell ? cell.text : String(this.ws.options.data[y][x]).replace(/^≈ /, '');
  };

  Keys.prototype.copy = function (range) {
    var grid = this.grid, lines = [];
    for (var y = range[1]; y <= range[3]; y += 1) {
      var line = [];
      for (var x = range[0]; x <= range[2]; x += 1) {
        var text = grid.plain(x, y);
        line.push(/["\t\r\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text);
      }
      lines.push(line.join('\t'));
    }
    setTimeout(function () { grid.ws.hashString = null; grid.focusActive(); }, 0);
    return lines.join('\r\n') + '\r\n';
  };

  /* Excel's clipboard text: tabs and lines, quoted only where a cell holds them; its last line end is not a row. */
  function rowsOf(text) {
    var rows = [[]], field = '', quoted = false, body = text.replace(/\r\n?/g, '\n').replace(/\n$/, '');
    for (var i = 0; i < body.length; i += 1) {
      var sign = body.charAt(i);
      if (quoted) {
        if (sign === '"' && body.charAt(i + 1) === '"') { field += '"'; i += 1; } else if (sign === '"') { quoted = false; } else { field += sign; }
      } else if (sign === '"' && field === '') { quoted = true; }
      else if (sign === '\t') { rows[rows.length - 1].push(field); field = ''; }
      else if (sign === '\n') { rows[rows.length - 1].push(field); rows.push([]); field = ''; }
      else { field += sign; }
    }
    rows[rows.length - 1].push(field);
    return rows;
  }

  Keys.prototype.paste = function (event) {
    var ws = this.grid.ws;
    if (root.jspreadsheet.current !== ws || ws.edition || !ws.selectedCell || !event.clipboardData) { return; }
    event.preventDefault();
    event.stopImmediatePropagation();
    this.pasteRows(rowsOf(event.clipboardData.getData('text/plain')));
  };

  /* A selection that is a whole multiple of the block is filled with it, as in Excel. */
  Keys.prototype.target = function (rows) {
    var at = this.grid.active(), wide = rows.reduce(function (most, row) { return Math.max(most, row.length); }, 0);
    var height = Math.abs(at.toY - at.y) + 1, width = Math.abs(at.toX - at.x) + 1;
    return { x: Math.min(at.x, at.toX), y: Math.min(at.y, at.toY), wide: wide, high: rows.length,
      width: width % wide ? wide : Math.max(width, wide), height: height % rows.length ? rows.length : Math.max(height, rows.length) };
  };

  Keys.prototype.pasteRows = function (rows) {
    var to = this.target(rows), records = [], shut = 0, outside = 0, grid = this.grid;
    for (var dy = 0; dy < to.height; dy += 1) {
      for (var dx = 0; dx < to.width; dx += 1) {
        var text = rows[dy % to.high][dx % to.wide];
        if (text === undefined) { continue; }
        var spot = this.spot(to.x + dx, to.y + dy), inside = to.x + dx < grid.parts.length && to.y + dy < grid.sheet.rows.length;
        if (spot.open) { records.push({ x: spot.x, y: spot.y, value: text }); }
        else if (!inside) { outside += text.trim() ? 1 : 0; }
        else if (text.trim() !== grid.plain(spot.x, spot.y)) { shut += 1; }
      }
    }
    this.put(records);
    grid.place.querySelectorAll('.copying').forEach(function (td) {
      td.classList.remove('copying', 'copying-left', 'copying-right', 'copying-top', 'copying-bottom');
    });
    this.grid.ws.updateSelectionFromCoords(to.x, to.y, Math.min(to.x + to.width, grid.parts.length) - 1, Math.min(to.y + to.height, grid.sheet.rows.length) - 1);
    this.tell(records.length, shut, outside);
  };

  Keys.prototype.tell = function (count, shut, outside) {
    this.say(shut || outside ? 'pasted_partly' : 'pasted', { count: count, locked: shut, outside: outside });
  };

  HocVu.Keys = Keys;
}(window));
