/* Marks and words as the gradebook reads, shows and averages them. Whole tenths only: 8,5 is 85, never the float 8.5.
   Canonical form, as sent to the server: "8.5", "10.0", "passed"; "9" of a primary test, "T", "good"; null is blank.
   The kinds of cells and how each is typed are those of app/domain/cell_values.py; a mark is a score or passing. */
(function (root) {
  'use strict';
  var HocVu = root.HocVu = root.HocVu || {};
  var MAX = 100; // tenths
  var THRESHOLDS = [80, 65, 50, 35]; // TT 22/2021 Điều 9 k2
  var MOST_SESSIONS = 400;
  var WORDS = { // [canonical, sign, term], highest first
    level: [['T', 'T', 'Hoàn thành tốt'], ['H', 'H', 'Hoàn thành'], ['C', 'C', 'Chưa hoàn thành']],
    trait: [['T', 'T', 'Tốt'], ['Đ', 'Đ', 'Đạt'], ['C', 'C', 'Cần cố gắng']],
    training: [['good', 'T', 'Tốt'], ['fair', 'K', 'Khá'], ['passed', 'Đ', 'Đạt'], ['not_passed', 'CĐ', 'Chưa đạt']],
    conduct: [['good', 'T', 'Tốt'], ['fair', 'K', 'Khá'], ['average', 'Tb', 'Trung bình'], ['weak', 'Y', 'Yếu']],
  };

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

  function parsePassing(text) {
    var clean = text.replace(/[\s\u00a0]+/g, '').normalize('NFC').toLowerCase();
    if (clean === 'd' || clean === 'đ') { return { value: 'passed' }; }
    if (clean === 'cd' || clean === 'cđ') { return { value: 'failed' }; }
    return { reason: /^(v|m|vắng|miễn)$/.test(clean) ? 'mark_letters' : 'rule_passing', suggestion: null };
  }

  /* A word of the circular: its sign, its term or its canonical form; d stands for đ. */
  function parseWord(text, kind) {
    var found = {}, clean = text.replace(/\s+/g, ' ').normalize('NFC').toLowerCase();
    WORDS[kind].forEach(function (word) {
      [word[1], word[2], word[0], word[1].replace('Đ', 'D')].forEach(function (spelling) {
        var known = spelling.toLowerCase();
        if (!Object.prototype.hasOwnProperty.call(found, known)) { found[known] = word[0]; }
      });
    });
    return Object.prototype.hasOwnProperty.call(found, clean) ? { value: found[clean] } : { reason: 'rule_' + kind, suggestion: null };
  }

  function parseWhole(text, kind, most) {
    if (/^[0-9]+$/.test(text) && text.length <= String(most).length && parseInt(text, 10) <= most) { return { value: String(parseInt(text, 10)) }; }
    return { reason: 'rule_' + kind, suggestion: null };
  }

  /* → {value} when it may be saved (null: blank), or {reason, suggestion} when it stays red and unsent. */
  function parse(text, kind, quick) {
    var trimmed = String(text === null || text === undefined ? '' : text).replace(/^[\s\u00a0]+|[\s\u00a0]+$/g, '');
    if (trimmed === '') { return { value: null }; }
    if (kind === 'text') { return { value: trimmed.replace(/\s*[\r\n]+\s*/g, ' ') }; }
    if (WORDS[kind]) { return parseWord(trimmed, kind); }
    if (kind === 'whole_mark') { return parseWhole(trimmed.replace(/[.,]0$/, ''), kind, 10); } // Excel writes 9,0
    if (kind === 'count') { return parseWhole(trimmed, kind, MOST_SESSIONS); }
    return kind === 'passing' ? parsePassing(trimmed) : parseScore(trimmed, quick);
  }

  /* A value from the server in canonical form: a whole mark may come as "9.0". */
  function canonical(value, kind) {
    if (value === null || value === undefined || value === '') { return null; }
    return kind === 'whole_mark' ? String(value).replace(/\.0$/, '') : value;
  }

  /* What a cell shows, and what Excel gets: decimal comma, Đ or CĐ, T, Khá. */
  function show(value, kind) {
    if (value === null || value === undefined || value === '') { return ''; }
    if (kind === 'passing') { return value === 'passed' ? 'Đ' : 'CĐ'; }
    if (kind === 'score') { return String(value).replace('.', ','); }
    var word = kind === 'training' || kind === 'conduct' ? WORDS[kind].filter(function (item) { return item[0] === value; })[0] : null;
    return word ? word[2] : String(value);
  }

  /* ĐTBmhk, half up to a tenth; null while any mark is missing. `marks`: canonical by column name; a column has its weight. */
  function average(marks, columns) {
    var total = 0, weight = 0;
    for (var i = 0; i < columns.length; i += 1) {
      var tenths = toTenths(marks[columns[i].name]);
      if (tenths === null) { return null; }
      total += tenths * columns[i].weight;
      weight += columns[i].weight;
    }
    return weight ? fromTenths(Math.floor((2 * total + weight) / (2 * weight))) : null;
  }

  /* ĐTBmcn from the two rounded term values. */
  function yearAverage(first, second) {
    var a = toTenths(first), b = toTenths(second);
    return a === null || b === null ? null : fromTenths(Math.floor((2 * (a + 2 * b) + 3) / 6));
  }

  /* Level of a comment subject, once every check is there: all passed (TT 22/2021 Điều 9 k1a), or two thirds of them and
     the last, the term test (TT 58/2011 Điều 10 k2). */
  function level(marks, columns, twoThirds) {
    var all = columns.map(function (column) { return marks[column.name]; });
    if (!all.length || all.some(function (mark) { return !mark; })) { return null; }
    var passed = all.filter(function (mark) { return mark === 'passed'; }).length;
    var enough = twoThirds ? 3 * passed >= 2 * all.length && all[all.length - 1] === 'passed' : passed === all.length;
    return enough ? 'passed' : 'failed';
  }

  /* The threshold an average reaches: "8.0", "6.5", "5.0", "3.5", or "" when it is below all of them. */
  function threshold(value) {
    var tenths = toTenths(value);
    if (tenths === null) { return null; }
    var reached = THRESHOLDS.filter(function (limit) { return tenths >= limit; })[0];
    return reached ? fromTenths(reached) : '';
  }

  HocVu.marks = { parse: parse, canonical: canonical, show: show, average: average, yearAverage: yearAverage, level: level, threshold: threshold };
}(typeof window === 'undefined' ? globalThis : window));
