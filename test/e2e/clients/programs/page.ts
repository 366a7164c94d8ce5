const HTML =
  '<title>Driven</title><input id="a"><p id="b"></p>' +
  '<script>a.oninput = () => (b.textContent = a.value.toUpperCase())</script>';

/** A page whose script answers what is typed. */
export const PAGE = `data:text/html,${encodeURIComponent(HTML)}`;

export const isPng = (picture: Uint8Array): boolean => Buffer.from(picture.subarray(1, 4)).toString() === 'PNG';
