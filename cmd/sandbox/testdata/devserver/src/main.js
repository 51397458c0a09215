import { word } from "./word.js"

const show = (text) => { document.querySelector("#word").textContent = text }
window.loads = (Number(sessionStorage.loads) || 0) + 1 // a page that is loaded again counts on
sessionStorage.loads = window.loads
show(word)
if (import.meta.hot) {
  import.meta.hot.accept("./word.js", (module) => show(module.word))
}
