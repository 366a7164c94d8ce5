import type { Group } from '../command.ts';

const action = (name: string, action_type: string, summary: string, places: readonly string[] = []) => ({
  name,
  operation: 'browser_execute_action',
  fixed: { action_type },
  summary,
  places,
});

export const GUI: Group = {
  name: 'gui',
  summary: 'The screen with everything on it: pointer, keyboard, pictures, films',
  commands: [
    {
      name: 'screenshot',
      operation: 'browser_screenshot',
      summary: 'Take a picture of the whole screen',
      examples: ['-o screen.png', '--quality 70 -o screen.jpg'],
    },
    {
      ...action('click', 'CLICK', 'Click at a place, or where the pointer is', ['x', 'y']),
      examples: ['640 360', '--num-clicks 2'],
    },
    action('double-click', 'DOUBLE_CLICK', 'Click twice', ['x', 'y']),
    action('right-click', 'RIGHT_CLICK', 'Click with the right button', ['x', 'y']),
    { ...action('move', 'MOVE_TO', 'Move the pointer to a place', ['x', 'y']), examples: ['100 200'] },
    { ...action('move-by', 'MOVE_REL', 'Move the pointer from where it is', ['x_offset', 'y_offset']), examples: ['-20 0'] },
    action('drag', 'DRAG_TO', 'Drag from where the pointer is to a place', ['x', 'y']),
    action('drag-by', 'DRAG_REL', 'Drag from where the pointer is', ['x_offset', 'y_offset']),
    { ...action('scroll', 'SCROLL', 'Turn the wheel; positive is up', ['dy', 'dx']), examples: ['-3'] },
    { ...action('type', 'TYPING', 'Type text where the focus is', ['text']), examples: ["'Hello'", '- <letter.txt'] },
    { ...action('press', 'PRESS', 'Press a key', ['key']), examples: ['Return'] },
    { ...action('hotkey', 'HOTKEY', 'Press keys together', ['keys']), examples: ['ctrl l'] },
    action('key-down', 'KEY_DOWN', 'Hold a key', ['key']),
    action('key-up', 'KEY_UP', 'Let go of a key', ['key']),
    action('mouse-down', 'MOUSE_DOWN', 'Hold a button of the mouse', ['button']),
    action('mouse-up', 'MOUSE_UP', 'Let go of a button of the mouse', ['button']),
    action('wait', 'WAIT', 'Wait for some seconds', ['duration']),
    { name: 'resolution', operation: 'browser_set_config', places: ['resolution'], examples: ['1280x720'] },
    {
      name: 'record',
      operation: 'display_record',
      places: ['action', 'save_path'],
      examples: ['start film.mp4', 'stop', 'status'],
    },
  ],
};
