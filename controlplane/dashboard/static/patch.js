"use strict";
// Puts what the server pushes into #live. A box that is read at its end is kept there.
(() => {
  const live = document.getElementById("live");
  if (!live) return;
  const hasTail = "tail" in live.dataset;
  const isAtEnd = () => live.scrollHeight - live.scrollTop - live.clientHeight < 40;
  if (hasTail) live.scrollTop = live.scrollHeight;
  if (!window.EventSource) return;

  following.follow(live.dataset.stream, {
    message: (html) => {
      const follows = hasTail && isAtEnd();
      following.patch(live, html);
      if (follows) live.scrollTop = live.scrollHeight;
    },
  });
})();
