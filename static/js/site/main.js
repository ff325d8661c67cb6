// Entry of every page but the workbench's own modules. Pages work without it; it makes them quicker.
import "./requests.js";
import "./menus.js";
import "./confirm.js";
import "./toasts.js";
import "./times.js";
import "./copy.js";
import "./hotkeys.js";
import "./forms.js";
import "./filters.js";

document.documentElement.classList.add("js");
