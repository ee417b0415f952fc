/* Autosave: one request at a time, only changed valid cells, the whole batch or nothing. A batch that may have got
   through is repeated with the same request_id, so that it is never written twice. What is unsaved is mirrored to
   sessionStorage, so that a reload or a crash of the tab offers it back. */
(function (root) {
  'use strict';
  var HocVu = root.HocVu = root.HocVu || {};
  var PAUSE = 800; // ms after the last edit
  var BACK_OFF = [2, 4, 8, 15, 30]; // seconds

  function Saver(sheet) {
    this.sheet = sheet;
    this.batch = null; // the request under way or to be repeated
    this.state = 'idle'; // idle · saving · offline · busy · signed_out · other_account · stopped
    this.since = null;
    this.savedAt = null;
    this.message = '';
    this.tries = 0;
    this.tokenTried = false;
    this.listeners = [];
    this.onrefused = function () {};
    this.manual = sheet.info.autosave === false;
  }

  Saver.prototype.on = function (listener) { this.listeners.push(listener); };

  Saver.prototype.become = function (state, message) {
    if (state !== this.state && (state === 'offline' || state === 'busy')) { this.since = HocVu.dom.now(); }
    this.state = state;
    this.message = message || '';
    var saver = this;
    this.listeners.forEach(function (listener) { listener(saver); });
  };

  Saver.prototype.schedule = function () {
    if (this.manual || this.halted()) { return; }
    clearTimeout(this.timer);
    if (this.state === 'offline' || this.state === 'busy') { return; } // the repeat is already planned
    this.timer = setTimeout(this.flush.bind(this), PAUSE);
  };

  Saver.prototype.halted = function () { return this.state === 'signed_out' || this.state === 'other_account' || this.state === 'stopped'; };

  /* Ctrl+S, the save button, the browser coming back online, the tab being left. */
  Saver.prototype.flush = async function (leaving) {
    clearTimeout(this.timer);
    if (this.running) { this.again = true; return; }
    if (!this.batch) {
      var changes = this.sheet.changes();
      if (!changes.length) { return; }
      this.batch = { request_id: HocVu.dom.uuid(), revision: this.sheet.revision, changes: changes };
    }
    this.running = true;
    this.sheet.sending(this.batch.changes, true);
    if (this.state === 'idle') { this.become('saving'); }
    var answer = await HocVu.http.post(this.sheet.info.urls.save, this.batch, leaving === true);
    this.running = false;
    await this.take(answer);
    if (this.again) { this.again = false; this.schedule(); }
  };

  Saver.prototype.take = async function (answer) {
    var batch = this.batch;
    if (answer.kind === 'network' || answer.kind === 'busy') { return this.repeatLater(answer); }
    if (answer.kind === 'token' && !this.tokenTried) { this.tokenTried = true; return this.renew(); }
    if (answer.kind === 'signed_out' || answer.kind === 'token') { return this.pauseFor('signed_out'); }
    this.batch = null;
    this.tries = 0;
    this.tokenTried = false;
    this.sheet.sending(batch.changes, false);
    if (answer.kind === 'ok') {
      this.savedAt = answer.data.saved_at || this.savedAt;
      this.sheet.applySaved(answer.data, batch.changes);
      this.become('idle');
      this.afterwards();
      return undefined;
    }
    return this.refused(answer, batch);
  };

  /* Nothing was saved. The cells named step aside with their reason; the rest of the batch goes again without them. */
  Saver.prototype.refused = async function (answer, batch) {
    var set = { conflict: 'applyConflicts', invalid: 'applyProblems', locked: 'applyRefused' }[answer.kind];
    if (!set) { this.become('stopped', answer.data.message); return; }
    var named = this.sheet[set](answer.data, batch.changes);
    if (!named.length && answer.kind !== 'conflict') { this.become('stopped', answer.data.message); return; }
    this.fruitless = named.length ? 0 : (this.fruitless || 0) + 1;
    if (this.fruitless > 2) { this.become('stopped', answer.data.message); return; }
    this.become('idle');
    this.onrefused(answer.data.message || '');
    if (answer.kind === 'locked' || !named.length) { await this.reread(); }
    this.afterwards();
  };

  Saver.prototype.afterwards = function () { if (this.sheet.changes().length) { this.schedule(); } };

  Saver.prototype.repeatLater = function (answer) {
    this.sheet.sending(this.batch.changes, false);
    this.become(answer.kind === 'busy' ? 'busy' : 'offline', answer.data.message);
    var wait = BACK_OFF[Math.min(this.tries, BACK_OFF.length - 1)];
    this.tries += 1;
    clearTimeout(this.timer);
    this.timer = setTimeout(this.flush.bind(this), wait * 1000);
  };

  Saver.prototype.pauseFor = function (state) {
    clearTimeout(this.timer);
    this.tokenTried = false;
    if (this.batch) { this.sheet.sending(this.batch.changes, false); }
    this.become(state);
  };

  /* "Send again" after signing in again: only ever as the same person. */
  Saver.prototype.resume = async function () {
    if (this.state === 'offline' || this.state === 'busy') { return this.flush(); }
    return this.renew();
  };

  Saver.prototype.renew = async function () {
    var page = await HocVu.http.reread();
    if (page.kind === 'network' || page.kind === 'busy') { this.become('offline'); this.timer = setTimeout(this.renew.bind(this), 5000); return; }
    if (page.kind !== 'ok') { this.pauseFor('signed_out'); return; }
    if ((page.data.sheet.account || '') !== (this.sheet.info.account || '')) { this.pauseFor('other_account'); return; }
    HocVu.http.useToken(page.token);
    this.become('idle');
    await this.flush();
  };

  /* Read locks and other people's saves again, without losing what is unsaved. */
  Saver.prototype.reread = async function () {
    var page = await HocVu.http.reread();
    if (page.kind === 'signed_out') { this.pauseFor('signed_out'); }
    if (page.kind !== 'ok' || (page.data.sheet.account || '') !== (this.sheet.info.account || '')) { return; }
    HocVu.http.useToken(page.token);
    if (!this.sheet.merge(page.data)) { this.become('stopped', page.data.texts.list_changed); }
  };

  HocVu.Saver = Saver;

  /* Mirror of the unsaved cells, per sheet and account. */
  function Keep(sheet) {
    this.sheet = sheet;
    this.name = ['hocvu:sheet', sheet.info.id, sheet.info.point, sheet.info.account || ''].filter(Boolean).join(':');
    this.offered = this.read();
  }

  Keep.prototype.read = function () {
    try {
      var kept = JSON.parse(root.sessionStorage.getItem(this.name));
      var sheet = this.sheet;
      kept.cells = kept.cells.filter(function (item) {
        var cell = sheet.cell(item.student, item.column);
        return cell && cell.text !== item.text;
      });
      return kept.cells.length ? kept : null;
    } catch (error) { return null; }
  };

  Keep.prototype.write = function () {
    var mine = this.sheet.unsaved().map(function (cell) {
      return { student: cell.student, column: cell.column, old: cell.base, text: cell.text, disputed: Boolean(cell.conflict) };
    });
    var waiting = this.offered ? this.offered.cells.filter(function (item) {
      return !mine.some(function (other) { return other.student === item.student && other.column === item.column; });
    }) : [];
    var since = (this.offered || {}).since || this.since || HocVu.dom.now();
    this.since = mine.length ? since : null;
    try {
      if (mine.length + waiting.length) {
        root.sessionStorage.setItem(this.name, JSON.stringify({ since: since, cells: waiting.concat(mine) }));
      } else { root.sessionStorage.removeItem(this.name); }
    } catch (error) { /* storage full or forbidden: the cells are still on the page */ }
  };

  /* Typed again with the old value they were typed over; what changed on the server meanwhile shows as a conflict. */
  Keep.prototype.restore = function () {
    var sheet = this.sheet;
    var cells = this.offered.cells.map(function (item) {
      var cell = sheet.cell(item.student, item.column), server = cell.base;
      sheet.edit(cell, item.text);
      if ((item.disputed || server !== item.old) && cell.value !== server) { cell.conflict = { theirs: server, by: null, at: null }; }
      return cell;
    });
    this.offered = null;
    sheet.emit(cells);
  };

  Keep.prototype.drop = function () { this.offered = null; this.write(); };

  HocVu.Keep = Keep;
}(window));
