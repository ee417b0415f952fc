/* The gradebook page: put the parts together. Loaded last. */
(function (root) {
  'use strict';
  var HocVu = root.HocVu, script = document.getElementById('sheet-data');
  if (!script || !root.jspreadsheet) { return; }
  var data = JSON.parse(script.textContent), t = HocVu.dom.texts(data.texts);
  var sheet = new HocVu.Sheet(data), place = document.getElementById('hv-grid');
  if (!sheet.rows.length) { return; } // the page says so itself

  var saver = new HocVu.Saver(sheet), keep = new HocVu.Keep(sheet), grid = new HocVu.Grid(sheet, place, t);
  grid.build();
  var status = new HocVu.Status(sheet, saver, t), panel = new HocVu.Panel(sheet, grid, t);
  var keys = new HocVu.Keys(grid, status.say.bind(status));
  keys.listen();

  sheet.on(function () { keep.write(); });
  grid.onedit = panel.onedit = function (cells) {
    if (cells.some(function (cell) { return cell.reason; })) { status.say('some_invalid', { count: sheet.counts().invalid }); }
    saver.schedule();
  };
  grid.onselect = function (cell) {
    if (cell) { status.column = cell.column; status.drawFilled(); }
    panel.select(cell);
  };
  saver.onrefused = function (message) { status.say(message); };
  keys.onsave = function () { saver.flush(); };
  saver.on(function () { if (saver.state === 'idle') { panel.fetchSoon(); } });

  panel.onabsence = async function (cell, state, reason) {
    var asked = { student: cell.student, column: cell.column, state: state };
    var answer = await HocVu.http.post(sheet.info.urls.absence, Object.assign({ reason: reason, revision: sheet.revision }, asked));
    if (answer.kind !== 'ok') { status.say(answer.data.message || 'absence_failed'); grid.focusActive(); return; }
    saver.savedAt = answer.data.saved_at || saver.savedAt;
    sheet.applyAbsence(answer.data, asked);
    panel.fetchSoon();
    grid.focusActive();
  };

  function submit() {
    var columns = (sheet.info.draft_columns || []).slice();
    if (sheet.unsaved().length) { status.say('submit_unsaved', { count: sheet.unsaved().length }); return; }
    if (!columns.length) { status.say('submit_nothing'); return; }
    var titles = sheet.info.point_title || columns.map(function (name) { return sheet.byName.get(name).full; }).join(', ');
    status.ask('submit', { title: t('submit_ask', { columns: titles }), text: t('submit_text'),
      choices: [[t('submit_do'), function () { sendSubmit(columns); }, 'btn-primary btn-sm'], [t('cancel'), function () {}]] }).querySelector('button').focus();
  }

  async function sendSubmit(columns) {
    var answer = await HocVu.http.post(sheet.info.urls.submit, { columns: columns, revision: sheet.revision });
    if (answer.kind !== 'ok') { status.say(answer.data.message || 'submit_failed'); return; }
    await saver.reread();
    status.say('submitted');
  }

  var submitButton = document.getElementById('hv-submit');
  if (submitButton) { submitButton.addEventListener('click', submit); }

  if (keep.offered) {
    status.ask('restore', { title: t('restore_ask', { count: keep.offered.cells.length, since: keep.offered.since }), text: t('restore_text'),
      choices: [[t('restore'), function () { keep.restore(); saver.schedule(); grid.focusActive(); }, 'btn-primary btn-sm'],
        [t('restore_drop'), function () { keep.drop(); grid.focusActive(); }]] });
  }
  status.draw();

  root.addEventListener('beforeunload', function (event) {
    if (sheet.unsaved().length) { event.preventDefault(); event.returnValue = ''; }
  });
  document.addEventListener('visibilitychange', function () {
    if (document.visibilityState === 'hidden' && !saver.halted() && !saver.manual) { saver.flush(true); }
  });
  root.addEventListener('online', function () { if (saver.state === 'offline') { saver.flush(); } });

  /* Other people's saves and locks that fell meanwhile; never while somebody is typing. */
  if (sheet.info.poll_seconds) {
    setInterval(function () {
      if (document.visibilityState === 'visible' && saver.state === 'idle' && !saver.running && !grid.ws.edition) { saver.reread(); }
    }, sheet.info.poll_seconds * 1000);
  }

  HocVu.page = { sheet: sheet, saver: saver, grid: grid, panel: panel, status: status }; // for the browser's console and the tests
}(window));
