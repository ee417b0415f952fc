/* The page of a print job: asks how far it is and shows it; loads the page anew when the job is over.
   Without this script the page refreshes itself. */
(function () {
  'use strict';
  var card = document.querySelector('[data-state-url]');
  if (!card) { return; }
  var bar = card.querySelector('progress'), text = card.querySelector('[data-text]');
  var pause = Number(card.dataset.seconds) * 1000, failures = 0;

  function again() { window.setTimeout(ask, pause * Math.min(1 + failures, 15)); }

  function show(state) {
    if (state.over) { window.location.reload(); return; }
    bar.max = state.total || 1;
    bar.value = state.done;
    if (text.textContent !== state.text) { text.textContent = state.text; }
    again();
  }

  async function ask() {
    try {
      var response = await fetch(card.dataset.stateUrl, { headers: { Accept: 'application/json' }, credentials: 'same-origin', redirect: 'manual', cache: 'no-store' });
      if (response.status === 401 || response.type === 'opaqueredirect') { window.location.reload(); return; }
      if (!response.ok) { throw new Error(String(response.status)); }
      failures = 0;
      show(await response.json());
    } catch (error) {
      failures += 1; // the network is away: ask more rarely, and go on when it is back
      again();
    }
  }

  again();
}());
