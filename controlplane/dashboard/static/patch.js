"use strict";
// Puts what the server pushes into #live: only what differs is replaced, so that who is at a row
// with the keyboard, or has marked some text, stays there.
(() => {
  const live = document.getElementById("live");
  if (!live || !window.EventSource) return;

  const patch = (old, next) => {
    if (old.isEqualNode(next)) return;
    const same =
      old.nodeType === Node.ELEMENT_NODE &&
      old.nodeName === next.nodeName &&
      old.childElementCount > 0 &&
      old.childNodes.length === next.childNodes.length &&
      old.cloneNode(false).isEqualNode(next.cloneNode(false));
    if (!same) {
      old.replaceWith(next);
      return;
    }
    const pairs = [...old.childNodes].map((child, index) => [child, next.childNodes[index]]);
    for (const [child, its] of pairs) patch(child, its);
  };

  new EventSource(live.dataset.stream).onmessage = (event) => {
    const next = live.cloneNode(false);
    next.innerHTML = event.data; // the same template as the page's own, escaped by the server
    const end = "tail" in live.dataset && live.scrollHeight - live.scrollTop - live.clientHeight < 40;
    if (next.childElementCount === live.childElementCount) {
      const pairs = [...live.children].map((child, index) => [child, next.children[index]]);
      for (const [child, its] of pairs) patch(child, its);
    } else {
      live.replaceChildren(...next.childNodes);
    }
    if (end) live.scrollTop = live.scrollHeight;
  };
})();
