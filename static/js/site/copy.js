// data-copy="id of an input" copies its value and says so on the button.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const input = document.getElementById(button.dataset.copy);
  const word = button.querySelector("span") ?? button;
  input.select();
  try {
    await navigator.clipboard.writeText(input.value);
    word.textContent = "Copied";
  } catch {
    word.textContent = "Press Ctrl+C"; // selected, but this page may not write to the clipboard
  }
});
