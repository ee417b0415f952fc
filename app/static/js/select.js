/* Search boxes of forms: Select2 in remote mode on our scoped endpoint. Without script the chosen record stays. */
(function ($) {
  'use strict';

  function texts(data) {
    return {
      noResults: function () { return data.none; },
      searching: function () { return data.searching; },
      loadingMore: function () { return data.more; },
      errorLoading: function () { return data.none; },
      removeAllItems: function () { return ''; }
    };
  }

  $('select.hv-remote').each(function () {
    var data = this.dataset;
    var label = $('label[for="' + this.id + '"]').text().replace('*', '').trim();
    $(this).select2({
      theme: 'bootstrap',
      width: '100%',
      allowClear: !this.multiple,
      placeholder: data.empty,
      language: texts(data),
      ajax: {
        url: data.endpoint,
        dataType: 'json',
        delay: 200,
        data: function (asked) { return { term: asked.term || '', page: asked.page || 1 }; }
      }
    });
    $(this).next('.select2').find('[role="combobox"], .select2-search__field').attr('aria-label', label).removeAttr('aria-labelledby');
  });

  // Long lists of codes get a search of their own; Select2 finds "Xơ Đăng" by "xo dang".
  $('.hv-fields select.form-control:not(.hv-remote)').filter(function () { return this.options.length > 12; }).each(function () {
    $(this).select2({ theme: 'bootstrap', width: '100%' });
    var label = $('label[for="' + this.id + '"]').text().replace('*', '').trim();
    $(this).next('.select2').find('[role="combobox"]').attr('aria-label', label).removeAttr('aria-labelledby');
  });
})(jQuery);
