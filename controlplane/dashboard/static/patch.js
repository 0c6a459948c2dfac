"use strict";
// Puts what the server pushes into #live: only what differs is replaced, so that who is at a row
// with the keyboard, or has marked some text, stays there.
(() => {
  const live = document.getElementById("live");
  if (!live) return;
  const hasTail = "tail" in live.dataset;
  const isAtEnd = () => live.scrollHeight - live.scrollTop - live.clientHeight < 40;
  if (hasTail) live.scrollTop = live.scrollHeight;
  if (!window.EventSource) return;

  const patch = (old, next) => {
    if (old.isEqualNode(next)) return;
    const isSame =
      old.nodeType === Node.ELEMENT_NODE &&
      old.nodeName === next.nodeName &&
      old.childElementCount > 0 &&
      old.childNodes.length === next.childNodes.length &&
      old.cloneNode(false).isEqualNode(next.cloneNode(false));
    if (isSame) patchAll(old.childNodes, next.childNodes);
    else old.replaceWith(next);
  };
  const patchAll = (olds, nexts) => {
    const pairs = [...olds].map((old, index) => [old, nexts[index]]);
    for (const [old, next] of pairs) patch(old, next);
  };

  const show = (event) => {
    const follows = hasTail && isAtEnd();
    const next = live.cloneNode(false);
    next.innerHTML = event.data; // the same template as the page's own, escaped by the server
    if (next.childElementCount === live.childElementCount) patchAll(live.children, next.children);
    else live.replaceChildren(...next.childNodes);
    if (follows) live.scrollTop = live.scrollHeight;
  };

  // A page that is old and does not say so is worse than none. Each stream ends after some minutes
  // and is begun anew at once: no more is said of that than of a server that starts again.
  const stale = document.getElementById("stale");
  let doubt = 0;
  const isFresh = () => {
    clearTimeout(doubt);
    doubt = 0;
    stale.hidden = true;
  };
  const follow = () => {
    const source = new EventSource(live.dataset.stream);
    source.onopen = isFresh;
    source.onmessage = show;
    source.onerror = () => {
      doubt ||= setTimeout(() => { stale.hidden = false; }, 6000);
      // By itself a browser tries again only where nobody answers, not where the answer is no.
      if (source.readyState === EventSource.CLOSED) setTimeout(follow, 10000);
    };
  };
  follow();
})();
