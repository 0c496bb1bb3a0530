/* demo.js — the simulated WeCom window: after a send the chat, the guide and 幕后 are read anew from the server. */
(function () {
  'use strict';
  var G = window.Gengyun;
  /* the message is there at once; the archive's word on it follows within seconds */
  var LOOKS = [0, 1200, 2400, 4000, 7000, 12000];
  var clocks = [];
  function proved() {
    var mine = G.all('.log .msg.me'), last = mine[mine.length - 1];
    return last && last.nextElementSibling && last.nextElementSibling.classList.contains('ok');
  }
  function refresh() {
    var typing = G.one('#say') && G.one('#say').value;
    G.all('[data-refresh]').forEach(function (box) {
      if (window.htmx && !(typing && box.id === 'chat')) window.htmx.trigger(box, 'refresh');
    });
  }
  function look() {
    clocks.forEach(clearTimeout);
    clocks = LOOKS.map(function (wait) {
      return setTimeout(function () { if (wait < 2000 || !proved()) refresh(); }, wait);
    });
  }
  window.addEventListener('message', function (e) {
    if (e.origin !== location.origin || !e.data || !e.data.gengyunDemo) return;
    if (e.data.gengyunDemo === 'sent') look();
    if (e.data.gengyunDemo === 'open') {
      var link = G.all('[data-chat-link]').filter(function (a) { return a.getAttribute('data-chat-link') === (e.data.chat || e.data.contact); })[0];
      if (link) link.click();
    }
  });
  /* the demo is being built anew: ask until it answers, after it has gone */
  function wait(where, gone) {
    setTimeout(function () {
      fetch('/livez', { cache: 'no-store', signal: AbortSignal.timeout(3000) }).then(function (answer) {
        if (gone && answer.ok) location.assign(where); else wait(where, gone);
      }, function () { wait(where, true); });
    }, 1000);
  }
  document.addEventListener('DOMContentLoaded', function () {
    var where = document.body.getAttribute('data-wait-for'); if (where) wait(where, false);
  });
  function bottom() { var log = G.one('#log'); if (log) log.scrollTop = log.scrollHeight; }
  document.addEventListener('htmx:afterSwap', function (e) { if (e.detail.target.id === 'chat') bottom(); });
  document.addEventListener('DOMContentLoaded', bottom);
})();
