/* Bar charts of the progress pages: data from a JSON script beside the canvas, colours from the CSS tokens.
   Each bar is what is filled; the mark on it is what the schedule asks by today. The table below says the same. */
(function () {
  'use strict';
  if (!window.Chart) { return; }
  var root = getComputedStyle(document.documentElement);
  function token(name) { return root.getPropertyValue(name).trim(); }
  var still = window.matchMedia('(prefers-reduced-motion: reduce)').matches;

  // A short upright line where the schedule stands, and the figure at the bar's end.
  var marks = {
    id: 'hvMarks',
    afterDatasetsDraw: function (chart, _args, options) {
      var draw = chart.ctx, scale = chart.scales.x;
      draw.save();
      draw.font = '600 12px ' + token('--font');
      draw.textBaseline = 'middle';
      chart.getDatasetMeta(0).data.forEach(function (bar, index) {
        var plan = options.plan[index], half = bar.height / 2 + 3, value = options.values[index];
        draw.fillStyle = token('--ink');
        draw.fillText(number(value) + '%', scale.getPixelForValue(100) + 8, bar.y);
        if (plan === null || plan <= 0) { return; }
        draw.fillRect(scale.getPixelForValue(plan) - 1, bar.y - half, 2, half * 2);
      });
      draw.restore();
    }
  };
  function number(value) { return value.toLocaleString(document.documentElement.lang || 'vi', { maximumFractionDigits: 1 }); }

  function paint(canvas) {
    var data = JSON.parse(document.getElementById(canvas.dataset.chart).textContent);
    canvas.parentNode.style.height = data.labels.length * 27 + 40 + 'px';
    var brand = token('--brand'), low = token('--warn-mid');
    return new window.Chart(canvas, {
      type: 'bar',
      data: { labels: data.labels, datasets: [{ label: data.texts.filled, data: data.filled, borderRadius: 2, barPercentage: 0.62,
        backgroundColor: data.low.map(function (late) { return late ? low : brand; }) }] },
      plugins: [marks],
      options: {
        indexAxis: 'y', responsive: true, maintainAspectRatio: false, animation: still ? false : { duration: 250 },
        layout: { padding: { right: 48 } },
        scales: {
          x: { min: 0, max: 100, grid: { color: token('--line') }, border: { display: false },
            ticks: { color: token('--ink-2'), stepSize: 25, callback: function (value) { return value + '%'; } } },
          y: { grid: { display: false }, border: { color: token('--line-2') }, ticks: { color: token('--ink-2'), autoSkip: false } }
        },
        plugins: {
          legend: { display: false },
          hvMarks: { plan: data.plan, values: data.filled },
          tooltip: { callbacks: { label: function (item) {
            var plan = data.plan[item.dataIndex];
            return data.texts.filled + ' ' + number(item.raw) + '%' + (plan === null ? '' : ', ' + data.texts.plan + ' ' + number(plan) + '%');
          } } }
        }
      }
    });
  }

  window.Chart.defaults.font.family = token('--font');
  window.Chart.defaults.font.size = 12;
  document.querySelectorAll('canvas[data-chart]').forEach(paint);
})();
