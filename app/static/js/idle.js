/* Idle sign-out on shared machines. The server decides; this warns two minutes before, keeps a session alive while somebody
   works without sending anything, and leaves the page when the time is over. Settings: <meta name="hv-idle"> in base.html. */
(function () {
  'use strict';
  var meta = document.querySelector('meta[name="hv-idle"]');
  if (!meta) { return; }
  var limit = Number(meta.content) * 60000;
  var warn = Math.min(120000, limit / 2);
  var every = Math.min(240000, limit / 4);
  var KEY = 'hv-active';
  var pinged = Date.now();
  var own = pinged;
  var dialog = null;

  // One clock for all tabs of this browser: work in one keeps the others open.
  function last() {
    try { return Math.max(own, Number(localStorage.getItem(KEY)) || 0); } catch (_) { return own; }
  }
  function mark() {
    var now = Date.now();
    if (now - own < 1000) { return; }
    own = now;
    try { localStorage.setItem(KEY, String(now)); } catch (_) { /* private window: this tab alone */ }
    if (now - pinged > every) { ping(); }
    if (dialog && dialog.open) { close(); }
  }
  function ping() {
    pinged = Date.now();
    fetch(meta.dataset.alive, { credentials: 'same-origin', headers: { Accept: 'application/json' } }).then(function (answer) {
      if (answer.redirected || answer.status === 401) { leave(); }
    }, function () { pinged = 0; }); // offline: try again with the next sign of life
  }
  function leave() {
    window.location.assign(meta.dataset.out + '&next=' + encodeURIComponent(location.pathname + location.search));
  }
  function close() { dialog.close(); ping(); }
  function build() {
    dialog = document.createElement('dialog');
    dialog.className = 'hv-card';
    dialog.setAttribute('aria-labelledby', 'hv-idle-text');
    var text = document.createElement('p');
    text.id = 'hv-idle-text';
    text.className = 'hv-card__in';
    text.textContent = meta.dataset.warn;
    var row = document.createElement('div');
    row.className = 'hv-card__in hv-row';
    var stay = document.createElement('button');
    stay.type = 'button';
    stay.className = 'btn btn-primary';
    stay.textContent = meta.dataset.stay;
    stay.addEventListener('click', function () { own = 0; mark(); });
    row.append(stay);
    dialog.append(text);
    var leaving = document.querySelector('[data-hv-leaving]'); // what leaving makes final, where it does
    if (leaving) {
      var said = document.createElement('p');
      said.className = 'hv-card__in';
      said.textContent = leaving.textContent.trim();
      dialog.append(said);
    }
    dialog.append(row);
    document.body.append(dialog);
  }
  function check() {
    var idle = Date.now() - last();
    if (idle >= limit) { leave(); return; }
    if (idle >= limit - warn) {
      if (!dialog) { build(); }
      if (!dialog.open) { dialog.showModal(); }
    } else if (dialog && dialog.open) { dialog.close(); }
  }
  own = 0;
  mark();
  ['keydown', 'pointerdown', 'input', 'wheel', 'touchstart'].forEach(function (kind) {
    document.addEventListener(kind, mark, { passive: true, capture: true });
  });
  window.setInterval(check, 5000);
})();
