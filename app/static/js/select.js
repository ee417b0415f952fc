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

  // Select2 drops the field's label, marks its list of choices wrongly, and redraws on every change.
  function nameBox() {
    var label = $('label[for="' + this.id + '"]').text().replace('*', '').trim();
    var box = $(this).next('.select2');
    box.find('[role="combobox"], .select2-search__field, span.select2-selection__rendered').attr('aria-label', label).removeAttr('aria-labelledby');
    box.find('ul.select2-selection__rendered, ul.select2-selection__rendered > li').attr('role', 'presentation');
  }

  $('select.hv-remote').each(function () {
    var data = this.dataset;
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
    $(this).each(nameBox).on('change', nameBox);
  });

  // Opened by mouse or key, the list is searched at once: with jQuery 3.6 Select2 leaves the cursor outside its own box.
  $(document).on('select2:open', function () {
    var fields = document.querySelectorAll('.select2-container--open .select2-search__field');
    if (fields.length) { fields[fields.length - 1].focus(); }
  });

  // Long lists of codes get a search of their own; Select2 finds "Xơ Đăng" by "xo dang".
  $('.hv-fields select.form-control:not(.hv-remote)').filter(function () { return this.options.length > 12; }).each(function () {
    $(this).select2({ theme: 'bootstrap', width: '100%' }).each(nameBox).on('change', nameBox);
  });
})(jQuery);
