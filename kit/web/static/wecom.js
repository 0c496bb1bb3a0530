/* wecom.js — the WeCom client as promises that always settle, and its refusals in plain words.
   Our own time-out of three seconds stands on every call: outside WeCom the SDK never answers. */
(function () {
  'use strict';
  var G = window.Gengyun, W = G.wecom = {};
  var PATIENCE = 3000;
  var CALLS = ['getContext', 'getCurExternalContact', 'getCurExternalChat', 'sendChatMessage', 'openEnterpriseChat', 'openExistedChatWithMsg'];
  var registered = false;

  function signature(kind) {
    return function (url) {
      return fetch('/h5/sdk/signature?kind=' + kind + '&url=' + encodeURIComponent((url || location.href).split('#')[0]),
        { credentials: 'same-origin' }).then(function (answer) {
          if (!answer.ok) throw new Error('signature refused');
          return answer.json();
        });
    };
  }

  function register() {
    if (registered || !window.ww) return;
    registered = true;
    window.ww.register({
      corpId: document.body.getAttribute('data-corp'),
      agentId: document.body.getAttribute('data-agent'),
      jsApiList: CALLS,
      getConfigSignature: signature('config'),
      getAgentConfigSignature: signature('agent')
    });
  }

  /* one call; rejects with {said, words, unknown} */
  W.call = function (name, parameters) {
    if (!window.ww) return Promise.reject(W.refusal(new Error('no ww')));
    register();
    var answer;
    try { answer = Promise.resolve(window.ww[name](parameters || {})); } catch (error) { answer = Promise.reject(error); }
    return G.within(PATIENCE, answer).catch(function (error) { throw W.refusal(error); });
  };

  W.refusal = function (error) {
    var said = String((error && (error.errMsg || error.err_msg || error.message)) || error || '');
    var words = '没有发出去，请再试一次；这次记为未发送', kind = 'fail';
    if (said === 'timeout' || said === 'no ww') { kind = 'timeout'; words = '请从企业微信聊天窗口右侧打开'; }
    else if (said.indexOf('without context') >= 0) { kind = 'internal'; words = '这是内部聊天，没有客户信息'; }
    else if (said.indexOf('no permission') >= 0) { kind = 'no_permission'; words = '应用还没有“客户联系”权限，请找科技部（E-1201）'; }
    else if (said.indexOf('not in allow list') >= 0) { kind = 'not_allowed'; words = '你还没有开通，请网点负责人添加'; }
    else if (said.indexOf('cancel') >= 0) { kind = 'cancel'; }
    return { said: said.slice(0, 80), words: words, kind: kind };
  };
})();
