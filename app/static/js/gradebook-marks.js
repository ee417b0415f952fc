/* Marks as the gradebook reads, shows and averages them. Whole tenths only: 8,5 is 85, never the float 8.5.
   Canonical form, as sent to the server: "8.5", "10.0", "passed", "failed"; null is blank. */
(function (root) {
  'use strict';
  var HocVu = root.HocVu = root.HocVu || {};
  var MAX = 100; // tenths
  var THRESHOLDS = [80, 65, 50, 35]; // TT 22/2021 Điều 9 k2
  var WEIGHTS = { midterm: 2, final: 3 }; // every other mark column weighs 1 (Điều 9 k1)

  function toTenths(canonical) {
    if (canonical === null || canonical === undefined || canonical === '') { return null; }
    var parts = String(canonical).split('.');
    return parseInt(parts[0], 10) * 10 + parseInt((parts[1] || '0').charAt(0), 10);
  }

  function fromTenths(tenths) { return Math.floor(tenths / 10) + '.' + (tenths % 10); }

  function good(tenths) { return { value: fromTenths(tenths) }; }

  function bad(reason, tenths) {
    return { reason: reason, suggestion: tenths === undefined || tenths > MAX ? null : fromTenths(tenths) };
  }

  /* Digits without a separator. `85` is 8,5 only where the school switched quick entry on; then 08 could mean
     8,0 or 0,8, so it is asked, never guessed. */
  function parseDigits(digits, quick) {
    var number = parseInt(digits, 10);
    if (digits.length === 1 || digits === '10') { return good(number * 10); }
    if (digits.charAt(0) === '0') {
      if (quick) { return digits.length === 2 && number > 0 ? bad('mark_two_readings', number * 10) : bad('mark_rule'); }
      return number <= 10 ? good(number * 10) : bad('mark_rule');
    }
    if (digits.length === 2 || digits === '100') { return quick ? good(number) : bad('mark_rule', number); }
    return bad('mark_rule');
  }

  function parseDecimal(whole, fraction) {
    var number = parseInt(whole || '0', 10);
    var rest = fraction.replace(/0+$/, '');
    var tenths = number * 10 + parseInt(rest.charAt(0) || '0', 10);
    if (tenths > MAX || (tenths === MAX && rest.length > 1)) { return bad('mark_rule'); }
    if (rest.length <= 1) { return good(tenths); }
    return bad('mark_step', tenths + (rest.charAt(1) >= '5' ? 1 : 0)); // papers are marked in quarters: 7,25 offers 7,3
  }

  function parseScore(text, quick) {
    var clean = text.replace(/\s*([.,])\s*/, '$1'); // "8, 5"; but "1 0" is not ten
    if (/^(v|m|vắng|miễn)$/i.test(clean.normalize('NFC'))) { return bad('mark_letters'); }
    if (/^\d+$/.test(clean)) { return parseDigits(clean, quick); }
    var match = /^(\d{0,3})[.,](\d*)$/.exec(clean);
    if (!match || (!match[1] && !match[2])) { return bad('mark_rule'); }
    return parseDecimal(match[1], match[2]);
  }

  function parseLevel(text) {
    var clean = text.replace(/[\s\u00a0]+/g, '').normalize('NFC').toLowerCase();
    if (clean === 'd' || clean === 'đ') { return { value: 'passed' }; }
    if (clean === 'cd' || clean === 'cđ') { return { value: 'failed' }; }
    return { reason: /^(v|m|vắng|miễn)$/.test(clean) ? 'mark_letters' : 'level_rule', suggestion: null };
  }

  /* → {value} when it may be saved (null: blank), or {reason, suggestion} when it stays red and unsent. */
  function parse(text, kind, quick) {
    var trimmed = String(text === null || text === undefined ? '' : text).replace(/^[\s\u00a0]+|[\s\u00a0]+$/g, '');
    if (trimmed === '') { return { value: null }; }
    if (kind === 'text') { return { value: trimmed.replace(/\s*[\r\n]+\s*/g, ' ') }; }
    return kind === 'level' ? parseLevel(trimmed) : parseScore(trimmed, quick);
  }

  /* What a cell shows, and what Excel gets: decimal comma, Đ or CĐ. */
  function show(value, kind) {
    if (value === null || value === undefined || value === '') { return ''; }
    if (kind === 'text') { return String(value); }
    if (kind === 'level') { return value === 'passed' ? 'Đ' : 'CĐ'; }
    return String(value).replace('.', ',');
  }

  /* ĐTBmhk, half up to a tenth; null while any mark is missing. `marks`: canonical by column name. */
  function average(marks, columns) {
    var total = 0, weight = 0;
    for (var i = 0; i < columns.length; i += 1) {
      var tenths = toTenths(marks[columns[i].name]);
      if (tenths === null) { return null; }
      var w = columns[i].weight || WEIGHTS[columns[i].name] || 1;
      total += tenths * w;
      weight += w;
    }
    return weight ? fromTenths(Math.floor((2 * total + weight) / (2 * weight))) : null;
  }

  /* ĐTBmcn from the two rounded term values. */
  function yearAverage(first, second) {
    var a = toTenths(first), b = toTenths(second);
    return a === null || b === null ? null : fromTenths(Math.floor((2 * (a + 2 * b) + 3) / 6));
  }

  /* Level of a comment subject: passed only if every check is there and passed (Điều 9 k1a). */
  function level(marks, columns) {
    var all = columns.map(function (column) { return marks[column.name]; });
    if (!all.length || all.some(function (mark) { return !mark; })) { return null; }
    return all.every(function (mark) { return mark === 'passed'; }) ? 'passed' : 'failed';
  }

  /* The threshold an average reaches: "8.0", "6.5", "5.0", "3.5", or "" when it is below all of them. */
  function threshold(value) {
    var tenths = toTenths(value);
    if (tenths === null) { return null; }
    var reached = THRESHOLDS.filter(function (limit) { return tenths >= limit; })[0];
    return reached ? fromTenths(reached) : '';
  }

  HocVu.marks = { parse: parse, show: show, average: average, yearAverage: yearAverage, level: level, threshold: threshold };
}(typeof window === 'undefined' ? globalThis : window));
