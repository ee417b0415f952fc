/* Beside the sheet: what needs a person (conflicts, refusals, marks that can't be read) and the selected cell. */
(function (root) {
  'use strict';
  var HocVu = root.HocVu = root.HocVu || {};
  var dom = HocVu.dom, el = dom.el;
  var SHOWN = 25; // issues listed at once

  function Panel(sheet, grid, t) {
    this.sheet = sheet;
    this.grid = grid;
    this.t = t;
    this.issues = document.getElementById('hv-issues');
    this.card = document.getElementById('hv-cell');
    this.onedit = function () {};
    this.onabsence = function () {};
    var panel = this;
    sheet.on(function (cells) { panel.listIssues(); if (cells.indexOf(panel.cell) >= 0) { panel.drawCell(); } });
  }

  Panel.prototype.show = function (value, cell) { return value === null ? this.t('blank') : HocVu.marks.show(value, cell.kind); };

  Panel.prototype.where = function (cell) { return this.sheet.row(cell.student).name + ' · ' + this.sheet.byName.get(cell.column).full; };

  /* ---- what needs a person ---- */
  Panel.prototype.listIssues = function () {
    var panel = this, cells = this.sheet.all(this.sheet.isIssue);
    var signature = JSON.stringify(cells.map(function (cell) { return [cell.student, cell.column, cell.text, cell.reason, cell.conflict, cell.refused]; }));
    if (signature === this.signature) { return; }
    this.signature = signature;
    this.issues.hidden = !cells.length;
    if (!cells.length) { return; }
    var offers = cells.filter(function (cell) { return cell.suggestion && !cell.conflict; });
    var list = el('ul', { class: 'hv-list' }, cells.slice(0, SHOWN).map(function (cell) { return panel.issue(cell); }),
      cells.length > SHOWN ? el('li', { class: 'hv-issue' }, el('p', {}, this.t('more_issues', { count: cells.length - SHOWN }))) : null);
    var all = offers.length > 1 ? el('p', { class: 'hv-group' }, dom.button(this.t('correct_all', { count: offers.length }), function () { panel.correct(offers); })) : null;
    dom.replace(this.issues, el('header', {}, el('h2', { id: 'hv-issues-title' }, this.t('issues')),
      el('span', { class: 'hv-tag is-bad' }, dom.icon('fa-circle-exclamation'), this.t('cells', { count: cells.length }))), all || '', list);
  };

  Panel.prototype.issue = function (cell) {
    var kind = cell.conflict ? 'issue_conflict' : cell.refused ? 'issue_refused' : 'issue_invalid';
    return el('li', { class: 'hv-issue' }, el('h3', {}, this.where(cell) + ': ' + this.t(kind, { value: cell.text })), this.explain(cell), this.choices(cell));
  };

  Panel.prototype.explain = function (cell) {
    var clash = cell.conflict;
    if (!clash) { return el('p', {}, cell.refused ? this.grid.reason(cell) : this.t(cell.reason, { value: cell.text })); }
    var who = clash.by ? this.t('conflict_by', { by: clash.by, at: clash.at || '' }) : this.t('conflict_unknown');
    return el('p', {}, who + ' ', el('b', {}, this.show(clash.theirs, cell)), '. ' + this.t('conflict_yours') + ' ', el('b', {}, cell.text || this.t('blank')),
      this.t('conflict_choose'));
  };

  Panel.prototype.choices = function (cell) {
    var panel = this, sheet = this.sheet, buttons = [];
    var act = function (label, verb) { buttons.push(dom.button(label, function () { sheet[verb](cell); panel.done([cell]); })); };
    if (cell.conflict) {
      act(this.t('keep_theirs', { value: this.show(cell.conflict.theirs, cell) }), 'keepTheirs');
      if (!cell.reason) { act(this.t('keep_mine', { value: cell.text || this.t('blank') }), 'keepMine'); }
    } else if (cell.suggestion) { act(this.t('correct_to', { value: this.show(cell.suggestion, cell) }), 'correct'); }
    if (!cell.conflict) { act(this.t('discard', { value: this.show(cell.base, cell) }), 'discard'); }
    buttons.push(dom.button(this.t('go_to_cell'), function () { panel.grid.select(cell); }, 'btn-link btn-xs'));
    return el('p', { class: 'hv-row' }, buttons);
  };

  Panel.prototype.correct = function (cells) {
    cells.forEach(function (cell) { this.sheet.correct(cell); }, this);
    this.done(cells);
  };

  Panel.prototype.done = function (cells) {
    this.grid.select(cells[cells.length - 1]);
    this.onedit(cells);
  };

  /* ---- the selected cell ---- */
  Panel.prototype.select = function (cell) {
    if (this.cell === cell) { return; }
    this.cell = cell;
    this.details = null;
    this.asking = false;
    this.drawCell();
    this.fetchSoon();
  };

  Panel.prototype.fetchSoon = function () {
    clearTimeout(this.timer);
    if (this.request) { this.request.abort(); }
    if (this.cell) { this.timer = setTimeout(this.fetch.bind(this), 250); }
  };

  Panel.prototype.fetch = async function () {
    var cell = this.cell, request = this.request = new AbortController(), url = this.sheet.info.urls.cell;
    var query = (url.indexOf('?') < 0 ? '?' : '&') + 'student=' + encodeURIComponent(cell.student) + '&column=' + encodeURIComponent(cell.column);
    var answer = await HocVu.http.get(url + query, request.signal);
    if (answer.kind === 'aborted' || cell !== this.cell || request !== this.request) { return; } // another cell was selected meanwhile
    this.details = answer.kind === 'ok' ? answer.data : { failed: true };
    this.drawCell();
  };

  Panel.prototype.drawCell = function () {
    var cell = this.cell, held = this.card.contains(document.activeElement);
    this.card.hidden = !cell;
    if (!cell) { return; }
    var shown = this.sheet.display(cell), text = cell.kind === 'text' || !shown ? '' : ': ' + shown;
    dom.replace(this.card, el('header', {}, el('h2', { id: 'hv-cell-title' }, this.where(cell) + text), this.tag(cell)),
      el('div', { class: 'hv-card__in hv-stack hv-stack--tight' }, this.facts(cell), this.shut(cell) ? null : this.layers(), this.actions(), this.absence(cell), this.history()));
    if (held && !this.asking) { this.grid.focusActive(); }
    if (held && this.asking) { this.card.querySelector('input[name="reason"]').focus(); }
  };

  /* A student who left, or is exempt here: no calendar opens the cell. */
  Panel.prototype.shut = function (cell) {
    var lock = this.sheet.lock(cell);
    return lock && (lock.kind === 'row' || lock.kind === 'exempt') ? lock.text || this.grid.look(cell).words[0] || this.t('locked_cell') : '';
  };

  Panel.prototype.tag = function (cell) {
    var state = this.shut(cell) ? null : (this.details || {}).state, open = state ? state.open : !this.sheet.lock(cell);
    return el('span', { class: 'hv-tag ' + (open ? 'is-ok' : 'is-lock') }, dom.icon(open ? 'fa-lock-open' : 'fa-lock'),
      state ? state.label : this.t(open ? 'tag_open' : 'tag_locked'));
  };

  Panel.prototype.facts = function (cell) {
    if (this.shut(cell)) { return el('p', {}, this.shut(cell)); }
    var state = (this.details || {}).state, lines = state ? state.lines || [] : [], words = this.grid.look(cell).words.slice();
    if (cell.kind === 'text' && cell.text) { words.unshift('“' + cell.text + '”'); }
    if (state) { words = words.slice(0, lines.length ? 1 : words.length); }
    return [!lines.length || this.sheet.isIssue(cell) || cell.kind === 'text' ? words.map(function (word) { return el('p', {}, word); }) : null,
      lines.length ? el('dl', { class: 'hv-kv' }, lines.map(function (line) { return [el('dt', {}, line[0]), el('dd', {}, line[1])]; })) : null];
  };

  Panel.prototype.layers = function () {
    var layers = (this.details || {}).layers || [];
    if (!layers.length) { return null; }
    return el('ul', { class: 'hv-layers' }, layers.map(function (layer) {
      var css = { so: 'is-so', xa: 'is-xa', truong: 'is-truong' }[layer.tier] || '';
      return el('li', { class: css }, el('b', {}, layer.name), el('span', {}, dom.icon(layer.open ? 'fa-lock-open' : 'fa-lock'), ' ' + layer.text));
    }));
  };

  Panel.prototype.actions = function () {
    return ((this.details || {}).actions || []).map(function (action) {
      var css = 'btn btn-default btn-sm btn-block';
      if (!action.method || action.method.toUpperCase() === 'GET') { return el('a', { class: css, href: action.url }, dom.icon(action.icon || 'fa-file-pen'), ' ' + action.label); }
      var token = document.querySelector('meta[name="csrf-token"]').content;
      return el('form', { method: 'post', action: action.url }, el('input', { type: 'hidden', name: 'csrf_token', value: token }),
        el('button', { type: 'submit', class: css }, action.label));
    });
  };

  /* Absence at a periodic test: buttons, never letters in the cell. */
  Panel.prototype.absence = function (cell) {
    var panel = this, state = this.sheet.state(cell);
    if (!this.sheet.byName.get(cell.column).periodic || this.sheet.lock(cell) || (cell.value !== null && !state) || cell.sending || this.sheet.isIssue(cell)) { return null; }
    if (this.asking) { return this.reasonForm(cell); }
    var buttons = [];
    if (!state && cell.value === null) { buttons.push(dom.button(this.t('mark_awaiting'), function () { panel.onabsence(cell, 'awaiting', ''); }, 'btn-default btn-sm')); }
    if (cell.value === null && state !== 'exempt') {
      buttons.push(dom.button(this.t(cell.kind === 'passing' ? 'record_failed' : 'record_zero'), function () { panel.ask(); }, 'btn-default btn-sm'));
    }
    if (state === 'awaiting' || state === 'recorded_zero') { buttons.push(dom.button(this.t('unmark_absence'), function () { panel.onabsence(cell, null, ''); }, 'btn-default btn-sm')); }
    return buttons.length ? el('div', {}, el('h3', {}, this.t('absence')), el('p', { class: 'hv-row' }, buttons)) : null;
  };

  Panel.prototype.ask = function () {
    this.asking = true;
    this.reason = '';
    this.drawCell();
    this.card.querySelector('input[name="reason"]').focus();
  };

  Panel.prototype.reasonForm = function (cell) {
    // Drawn anew whenever the cell's history arrives: what was typed meanwhile stays.
    var panel = this, input = el('input', { class: 'form-control', id: 'hv-absence-reason', name: 'reason', required: true, maxlength: '300', autocomplete: 'off',
      value: this.reason, oninput: function () { panel.reason = input.value; } });
    var close = function () { panel.asking = false; panel.drawCell(); panel.grid.focusActive(); };
    var send = function (event) { event.preventDefault(); panel.asking = false; panel.onabsence(cell, 'recorded_zero', input.value.trim()); };
    return el('form', { onsubmit: send }, el('label', { for: 'hv-absence-reason' }, this.t('absence_reason')), input,
      el('p', { class: 'hv-row hv-after' }, el('button', { type: 'submit', class: 'btn btn-default btn-sm' }, this.t(cell.kind === 'passing' ? 'record_failed' : 'record_zero')),
        dom.button(this.t('cancel'), close, 'btn-link btn-sm')));
  };

  Panel.prototype.history = function () {
    var panel = this, details = this.details;
    if (!details) { return el('p', { class: 'hv-meta' }, this.t('loading')); }
    if (details.failed) { return el('p', {}, this.t('history_failed') + ' ', dom.button(this.t('try_again'), function () { panel.fetch(); })); }
    var list = details.history || [];
    return el('div', {}, el('h3', {}, this.t('history')), list.length ? el('ol', { class: 'hv-history' }, list.map(function (item) { return panel.event(item); }))
      : el('p', { class: 'hv-meta' }, this.t('no_history')));
  };

  /* A value in the history: 8,5; 0,0 (recorded by decision); absent; blank. */
  Panel.prototype.told = function (value, state, tag) {
    var words = state ? this.t('state_' + state) : '';
    if (value === null) { return el('span', {}, words || this.t('blank')); }
    return el('span', {}, el(tag, {}, value), words ? ' (' + words + ')' : '');
  };

  Panel.prototype.event = function (item) {
    var t = this.t, who = item.by + (item.on_behalf ? ' (' + t('on_behalf', { name: item.on_behalf }) + ')' : '');
    var change = item.old === undefined && item.new === undefined ? item.action : el('span', { class: 'hv-change' },
      this.told(item.old, item.old_state, 'del'), dom.icon('fa-arrow-right-long'), el('span', { class: 'sr-only' }, t('became')),
      this.told(item.new, item.new_state, 'ins'));
    if (item.came_from) { change = el('span', {}, item.new + ' ' + t('came_along', { name: item.came_from }) + '.'); }
    return el('li', {}, el('p', {}, change, ' ' + who, item.reason ? [': ', el('q', {}, item.reason)] : null,
      item.correction ? [' ', el('a', { href: item.correction.url }, item.correction.label)] : null),
      el('p', { class: 'hv-meta' }, item.at + (item.account ? ' · ' + item.account : '') + (item.place ? ' · ' + t('in_class', { name: item.place }) : '')));
  };

  HocVu.Panel = Panel;
}(window));
