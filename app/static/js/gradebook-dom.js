/* Small helpers of the gradebook page: build elements, fill texts, tell the time. No HTML strings anywhere. */
(function (root) {
  'use strict';
  var HocVu = root.HocVu = root.HocVu || {};

  /* el('p', {class: 'x', onclick: f}, 'text', node, null) */
  function el(tag, props) {
    var node = document.createElement(tag);
    Object.keys(props || {}).forEach(function (name) {
      var value = props[name];
      if (typeof value === 'function') { node.addEventListener(name.slice(2), value); return; }
      if (value !== null && value !== undefined && value !== false) { node.setAttribute(name, value === true ? '' : value); }
    });
    Array.prototype.slice.call(arguments, 2).forEach(function add(child) {
      if (Array.isArray(child)) { child.forEach(add); return; }
      if (child !== null && child !== undefined && child !== '') { node.append(child); }
    });
    return node;
  }

  function icon(name) { return el('span', { class: 'fa-solid ' + name, 'aria-hidden': 'true' }); }

  function button(label, onclick, css) {
    return el('button', { type: 'button', class: 'btn ' + (css || 'btn-default btn-xs'), onclick: onclick }, label);
  }

  /* Texts come translated from the server; %(name)s is filled here. */
  function texts(table) {
    return function (key, params) {
      var text = table[key] === undefined ? key : table[key];
      return text.replace(/%\((\w+)\)s/g, function (whole, name) {
        return params && params[name] !== undefined && params[name] !== null ? String(params[name]) : '';
      });
    };
  }

  var clock = new Intl.DateTimeFormat('en-GB', { timeZone: 'Asia/Ho_Chi_Minh', hour: '2-digit', minute: '2-digit' });
  function now() { return clock.format(new Date()); }

  function replace(node) { node.replaceChildren.apply(node, Array.prototype.slice.call(arguments, 1)); }

  function uuid() {
    if (root.crypto && root.crypto.randomUUID) { return root.crypto.randomUUID(); }
    var bytes = Array.from(root.crypto.getRandomValues(new Uint8Array(16))); // plain http on a school's LAN has no randomUUID
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    var hex = bytes.map(function (byte) { return (byte + 256).toString(16).slice(1); }).join('');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  }

  HocVu.dom = { el: el, icon: icon, button: button, texts: texts, now: now, replace: replace, uuid: uuid };
}(window));
