/* One way to the server: JSON with the CSRF token, and one word for what became of it:
   ok · conflict · invalid · locked · signed_out · token · busy · denied · network. Never follows a redirect to the login page. */
(function (root) {
  'use strict';
  var HocVu = root.HocVu = root.HocVu || {};
  var TIMEOUT = 30000;
  var KINDS = { 409: 'conflict', 422: 'invalid', 423: 'locked', 401: 'signed_out', 400: 'token', 403: 'denied', 404: 'denied', 413: 'denied' };

  function meta() { return document.querySelector('meta[name="csrf-token"]'); }

  async function body(response) {
    var type = response.headers.get('content-type') || '';
    if (type.indexOf('json') < 0) { return null; }
    try { return await response.json(); } catch (error) { return null; }
  }

  function kind(response, data) {
    if (response.type === 'opaqueredirect' || response.redirected) { return 'signed_out'; }
    if (response.ok) { return data ? 'ok' : 'network'; } // a page instead of data: a Wi-Fi login page, not our server
    if (response.status === 400 && data && data.message) { return 'denied'; }
    return KINDS[response.status] || 'busy';
  }

  async function request(url, options) {
    var response;
    try {
      response = await fetch(url, Object.assign({ credentials: 'same-origin', redirect: 'manual', cache: 'no-store',
        signal: options.signal || AbortSignal.timeout(TIMEOUT) }, options));
    } catch (error) {
      return { kind: error.name === 'AbortError' ? 'aborted' : 'network', data: {} };
    }
    var data = await body(response);
    return { kind: kind(response, data), status: response.status, data: data || {} };
  }

  function post(url, payload, leaving) {
    return request(url, { method: 'POST', keepalive: Boolean(leaving), body: JSON.stringify(payload),
      headers: { 'Content-Type': 'application/json', Accept: 'application/json', 'X-CSRFToken': meta().content } });
  }

  function get(url, signal) {
    return request(url, { headers: { Accept: 'application/json' }, signal: signal });
  }

  /* The page itself is the state of the sheet: read it again for locks, other people's saves and a fresh token. */
  async function reread() {
    var response;
    try {
      response = await fetch(root.location.href, { credentials: 'same-origin', redirect: 'manual', cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT) });
    } catch (error) { return { kind: 'network' }; }
    if (response.type === 'opaqueredirect' || response.status === 401) { return { kind: 'signed_out' }; }
    if (!response.ok) { return { kind: response.status >= 500 ? 'busy' : 'denied' }; }
    var page = new DOMParser().parseFromString(await response.text(), 'text/html');
    var script = page.getElementById('sheet-data'), token = page.querySelector('meta[name="csrf-token"]');
    if (!script || !token) { return { kind: 'signed_out' }; }
    return { kind: 'ok', data: JSON.parse(script.textContent), token: token.content };
  }

  HocVu.http = { post: post, get: get, reread: reread, useToken: function (token) { meta().content = token; } };
}(window));
