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

  new EventSource(live.dataset.stream).onmessage = (event) => {
    const follows = hasTail && isAtEnd();
    const next = live.cloneNode(false);
    next.innerHTML = event.data; // the same template as the page's own, escaped by the server
    if (next.childElementCount === live.childElementCount) patchAll(live.children, next.children);
    else live.replaceChildren(...next.childNodes);
    if (follows) live.scrollTop = live.scrollHeight;
  };
})();
