/* demo.js — the simulated WeCom window: after a send the chat and 幕后 are read anew from the server. */
(function () {
  'use strict';
  var G = window.Gengyun;
  window.addEventListener('message', function (e) {
    if (e.origin !== location.origin || !e.data || !e.data.gengyunDemo) return;
    if (e.data.gengyunDemo === 'sent') {
      G.all('[data-refresh]').forEach(function (box) { if (window.htmx) window.htmx.trigger(box, 'refresh'); });
    }
    if (e.data.gengyunDemo === 'open') {
      var link = G.all('[data-chat-link]').filter(function (a) { return a.getAttribute('data-chat-link') === (e.data.chat || e.data.contact); })[0];
      if (link) link.click();
    }
  });
  function bottom() { var log = G.one('#log'); if (log) log.scrollTop = log.scrollHeight; }
  document.addEventListener('htmx:afterSwap', bottom);
  document.addEventListener('DOMContentLoaded', bottom);
})();
