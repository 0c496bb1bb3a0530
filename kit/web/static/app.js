/* app.js — what both surfaces share: the token on every request, answers that are not pages, toasts, text size.
   ES2017 at most: the browsers built into WeCom lag behind. No inline handlers, no eval. */
(function () {
  'use strict';
  var G = window.Gengyun = {};

  G.one = function (selector, root) { return (root || document).querySelector(selector); };
  G.all = function (selector, root) { return Array.prototype.slice.call((root || document).querySelectorAll(selector)); };
  G.closest = function (node, selector) { return node && node.closest ? node.closest(selector) : null; };
  G.meta = function (name) { var m = G.one('meta[name="' + name + '"]'); return m ? m.getAttribute('content') : ''; };

  G.toast = function (text) {
    var box = G.one('#toast'); if (!box || !text) return;
    box.className = 'toast'; box.textContent = text;
    clearTimeout(G.toast.clock);
    G.toast.clock = setTimeout(function () { box.className = ''; box.textContent = ''; }, 3200);
  };

  /* fetch with our token; body: FormData, URLSearchParams or a plain object (sent as JSON).
     HX-Request: refusals come as fragments, and a sign-in that is over as 401 with HX-Redirect */
  G.post = function (url, body, extra) {
    var headers = Object.assign({ 'X-CSRF-Token': G.meta('csrf-token'), 'HX-Request': 'true' }, extra || {});
    var sent = body;
    if (body instanceof FormData) {
      sent = new URLSearchParams(body);
    } else if (body && !(body instanceof URLSearchParams)) {
      headers['Content-Type'] = 'application/json'; sent = JSON.stringify(body);
    }
    return fetch(url, { method: 'POST', body: sent, headers: headers, credentials: 'same-origin' });
  };

  G.signIn = function (answer) {
    var where = answer.headers.get('HX-Redirect');
    if (where) location.assign(where); else location.reload();
  };

  /* rejects after so many milliseconds: outside WeCom the SDK's promises never settle */
  G.within = function (milliseconds, promise) {
    return new Promise(function (resolve, reject) {
      var clock = setTimeout(function () { reject(new Error('timeout')); }, milliseconds);
      promise.then(function (value) { clearTimeout(clock); resolve(value); },
                   function (error) { clearTimeout(clock); reject(error); });
    });
  };

  G.swap = function (target, html) {
    var holder = document.createElement('template'); holder.innerHTML = html.trim();
    var fresh = holder.content.firstElementChild; if (!fresh) return null;
    target.replaceWith(fresh);
    if (window.htmx) window.htmx.process(fresh);
    return fresh;
  };

  document.addEventListener('htmx:configRequest', function (e) {
    e.detail.headers['X-CSRF-Token'] = G.meta('csrf-token');
  });

  /* an error that is not a page of ours must not overwrite one */
  document.addEventListener('htmx:beforeSwap', function (e) {
    var x = e.detail.xhr, type = x.getResponseHeader('Content-Type') || '';
    if (x.status === 401) { e.detail.shouldSwap = false; location.reload(); return; }
    if (x.status >= 400 && type.indexOf('text/html') !== 0) {
      e.detail.shouldSwap = false;
      G.toast(x.status === 403 ? '没有权限，或页面开得太久，请刷新后再试' : '没有办成，请再试一次');
    }
  });
  /* a word from the server: header X-Toast, percent-encoded */
  document.addEventListener('htmx:afterRequest', function (e) {
    var said = e.detail.xhr.getResponseHeader('X-Toast');
    if (said) G.toast(decodeURIComponent(said));
  });
  document.addEventListener('htmx:timeout', function () { G.toast('等得太久，请再试一次'); });
  document.addEventListener('htmx:sendError', function (e) {
    if (!G.closest(e.detail.elt, '[data-offline]')) G.toast('连不上服务器，请检查网络');
  });

  /* a button is pressed once */
  document.addEventListener('submit', function (e) {
    var form = e.target;
    if (form.hasAttribute('data-send') || form.method === 'get') return;
    if (form.dataset.busy) { e.preventDefault(); return; }
    form.dataset.busy = '1';
    setTimeout(function () { delete form.dataset.busy; }, 4000);
  });

  /* text size: at once here, kept on the server */
  document.addEventListener('submit', function (e) {
    var form = G.closest(e.target, '[data-text-size]');
    if (!form || !e.submitter) return;
    e.preventDefault();
    var size = e.submitter.value, body = new URLSearchParams(new FormData(form));
    body.set('size', size);
    document.documentElement.setAttribute('data-size', size);
    G.all('button[name=size]', form).forEach(function (b) { b.setAttribute('aria-pressed', String(b === e.submitter)); });
    G.post(form.action, body).then(function (answer) {
      G.toast(answer.ok ? '字号已保存' : '字号没有保存，下次打开会恢复');
    }, function () { G.toast('字号没有保存，下次打开会恢复'); });
  });

  document.addEventListener('click', function (e) {
    var copy = G.closest(e.target, '[data-copy]');
    if (copy && navigator.clipboard) {
      navigator.clipboard.writeText(copy.getAttribute('data-copy')).then(function () { G.toast('已复制'); });
    }
    var print = G.closest(e.target, '[data-print]');
    if (print) window.print();
  });
})();
