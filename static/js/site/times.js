// Keeps "20 s ago" true while a page stays open, and puts the reader's own clock into the tooltip.
const EVERY_MS = 10_000;
const local = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** The same words as the server's filter (templatetags/desk.py, age_words). */
export function ageWords(seconds) {
  if (seconds < 5) return "just now";
  if (seconds < 90) return `${seconds} s ago`;
  if (seconds < 5400) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 129600) return `${Math.floor(seconds / 3600)} h ago`;
  if (seconds < 1209600) return `${Math.floor(seconds / 86400)} d ago`;
  return null; // the date, as the server wrote it
}

function freshen() {
  for (const time of document.querySelectorAll("time[data-age]")) {
    const when = new Date(time.dateTime);
    if (Number.isNaN(when.valueOf())) continue;
    const words = ageWords(Math.floor((Date.now() - when) / 1000));
    if (words && time.textContent !== words) time.textContent = words;
    time.title = local.format(when);
  }
}

freshen();
setInterval(freshen, EVERY_MS);
document.addEventListener("htmx:afterSwap", freshen);
