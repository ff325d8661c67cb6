// data-hotkey="/" on a control: the key focuses a field or clicks anything else, unless somebody is typing.
const isTyping = (element) => element?.matches?.("input, textarea, select, [contenteditable]") ?? false;

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  for (const control of document.querySelectorAll("[data-hotkey]")) {
    if (control.dataset.hotkey !== event.key || control.disabled || !control.checkVisibility()) continue;
    event.preventDefault();
    if (control.matches("input, textarea, select")) control.focus();
    else control.click();
    return;
  }
});
