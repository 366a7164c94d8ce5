import { element } from './element.ts';

/** Copies text; where the browser keeps the clipboard from the page, in the way that it allows on a click. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = document.createElement('textarea');
    field.value = text;
    field.style.position = 'fixed';
    field.style.opacity = '0';
    document.body.append(field);
    field.select();
    const isCopied = document.execCommand('copy');
    field.remove();
    return isCopied;
  }
}

/** The text of the clipboard; where the browser keeps it from the page, the person pastes it into a field. */
export async function askForText(): Promise<string> {
  try {
    return await navigator.clipboard.readText();
  } catch {
    return askInDialog();
  }
}

function askInDialog(): Promise<string> {
  const dialog = element('clip', HTMLDialogElement);
  const field = element('text', HTMLTextAreaElement);
  field.value = '';
  dialog.showModal();
  field.focus();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'send' ? field.value : ''), { once: true });
  });
}
