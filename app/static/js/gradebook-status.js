/* Below and above the sheet: how many cells are unsaved, when it was saved last, and what stands in the way. */
(function (root) {
  'use strict';
  var HocVu = root.HocVu = root.HocVu || {};
  var dom = HocVu.dom, el = dom.el;

  function Status(sheet, saver, t) {
    this.sheet = sheet;
    this.saver = saver;
    this.t = t;
    this.bar = document.getElementById('hv-counts');
    this.saved = document.getElementById('hv-saved');
    this.live = document.getElementById('hv-say');
    this.notice = document.getElementById('hv-notice');
    this.summary = document.getElementById('hv-summary');
    this.column = null;
    this.extra = new Map(); // notices that wait for an answer: restore, submit
    var status = this;
    sheet.on(function () { status.soon(); });
    saver.on(function () { status.draw(); });
  }

  Status.prototype.soon = function () {
    var status = this;
    if (this.planned) { return; }
    this.planned = true;
    queueMicrotask(function () { status.planned = false; status.draw(); });
  };

  Status.prototype.say = function (key, params) { this.live.textContent = this.t(key, params); };

  Status.prototype.draw = function () {
    this.drawCounts();
    this.drawSaved();
    this.drawNotice();
    if (this.summary) { this.drawSummary(); }
  };

  Status.prototype.drawCounts = function () {
    var count = this.sheet.counts(), t = this.t, parts = [];
    var part = function (name, css, icon, link) {
      if (!count[name]) { return; }
      var inner = [dom.icon(icon), el('b', {}, String(count[name])), ' ' + t('count_' + name)];
      parts.push(el('span', { class: css }, link ? el('a', { href: '#hv-issues-title' }, inner) : inner));
    };
    part('dirty', 'is-warn', 'fa-circle');
    part('saving', '', 'fa-rotate');
    part('conflict', 'is-bad', 'fa-code-branch', true);
    part('invalid', 'is-bad', 'fa-exclamation', true);
    if (this.bar.textContent !== parts.map(function (node) { return node.textContent; }).join('')) { dom.replace.apply(null, [this.bar].concat(parts)); }
    this.drawFilled();
  };

  Status.prototype.drawFilled = function () {
    var column = this.sheet.byName.get(this.column) || this.sheet.graded.filter(function (item) { return item.open; })[0], sheet = this.sheet;
    var place = document.getElementById('hv-filled');
    if (!column) { dom.replace(place); return; }
    var rows = sheet.rows.filter(function (row) { return !row.closed; });
    var done = rows.filter(function (row) { var cell = sheet.cell(row.student, column.name); return cell.value !== null && cell.value !== undefined; }).length;
    dom.replace(place, column.full + ' ', el('b', {}, done + '/' + rows.length));
  };

  Status.prototype.drawSaved = function () {
    var saver = this.saver, count = this.sheet.counts(), parts = [];
    if (saver.manual && count.dirty) { parts = [dom.button(this.t('save_now', { count: count.dirty }), function () { saver.flush(); }, 'btn-primary btn-xs')]; }
    else if (saver.savedAt) { parts = [dom.icon('fa-check'), ' ' + this.t('saved_at', { time: saver.savedAt })]; }
    var mark = parts.map(function (part) { return part.textContent || part; }).join('');
    if (mark !== this.savedMark) { this.savedMark = mark; dom.replace.apply(null, [this.saved].concat(parts)); }
  };

  /* What stands in the way of saving; one message at a time, besides those that wait for an answer. */
  Status.prototype.drawNotice = function () {
    var saver = this.saver, state = saver.state, unsaved = this.sheet.unsaved().length;
    var mark = [state, saver.message, saver.since, unsaved, Array.from(this.extra.keys()).join()].join('|');
    if (mark === this.noticeMark) { return; }
    this.noticeMark = mark;
    var nodes = Array.from(this.extra.values()), blocked = this.blocked(state, unsaved);
    if (blocked) { nodes.unshift(blocked); }
    dom.replace.apply(null, [this.notice].concat(nodes));
  };

  Status.prototype.blocked = function (state, unsaved) {
    var saver = this.saver, t = this.t, known = ['offline', 'busy', 'signed_out', 'other_account', 'stopped'];
    if (known.indexOf(state) < 0) { return null; }
    var login = state === 'signed_out' || state === 'other_account';
    return el('div', { class: 'hv-msg ' + (state === 'offline' || state === 'busy' ? 'is-warn' : 'is-bad'), role: 'alert' },
      el('b', {}, t('notice_' + state, { since: saver.since })), el('p', {}, saver.message ? saver.message + ' ' : '', t('unsaved_kept', { count: unsaved })),
      el('p', { class: 'hv-row' }, login ? el('a', { class: 'btn btn-default btn-sm', href: this.sheet.info.urls.login, target: '_blank', rel: 'noopener' }, t('sign_in_again')) : '',
        state === 'stopped' ? dom.button(t('reload_page'), function () { root.location.reload(); }, 'btn-default btn-sm')
          : dom.button(t('send_again'), function () { saver.resume(); }, 'btn-default btn-sm')));
  };

  /* A question above the sheet: {title, text, choices: [[label, action, css]]}. */
  Status.prototype.ask = function (name, question) {
    var status = this;
    var close = function (action) { return function () { status.extra.delete(name); status.draw(); action(); }; };
    this.extra.set(name, el('div', { class: 'hv-msg is-warn', role: 'group', 'aria-label': question.title }, el('b', {}, question.title), question.text ? el('p', {}, question.text) : '',
      el('p', { class: 'hv-row' }, question.choices.map(function (choice) { return dom.button(choice[0], close(choice[1]), choice[2] || 'btn-default btn-sm'); }))));
    this.draw();
    return this.extra.get(name);
  };

  Status.prototype.drawSummary = function () {
    var status = this;
    this.summary.querySelectorAll('[data-columns]').forEach(function (block) {
      var count = status.tally(block.dataset.columns.split(' ').filter(Boolean));
      block.querySelectorAll('[data-count]').forEach(function (node) { node.textContent = String(count[node.dataset.count] || 0); });
    });
  };

  /* How often each value stands in these columns; without any, how often each result does. */
  Status.prototype.tally = function (columns) {
    var sheet = this.sheet, count = {}, add = function (name) { count[name] = (count[name] || 0) + 1; };
    sheet.rows.filter(function (row) { return !row.closed; }).forEach(function (row) {
      columns.forEach(function (name) { add(sheet.cell(row.student, name).value || 'none'); });
      if (columns.length) { return; }
      var result = sheet.result(row);
      if (sheet.info.kind === 'comment') { add(result.level || 'none'); } else { add(result.average ? result.threshold || 'below' : 'none'); }
    });
    return count;
  };

  HocVu.Status = Status;
}(window));
