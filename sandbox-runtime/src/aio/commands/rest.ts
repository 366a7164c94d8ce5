import type { Group } from '../command.ts';

export const SANDBOX: Group = {
  name: 'sandbox',
  summary: 'The sandbox itself: what it is, what runs in it',
  commands: [
    { name: 'info', operation: 'sandbox_context', isWhole: true },
    { name: 'ping', operation: 'ping' },
    { name: 'packages python', operation: 'sandbox_python_packages' },
    { name: 'packages nodejs', operation: 'sandbox_nodejs_packages' },
    { name: 'services list', operation: 'services_list' },
    { name: 'services show', operation: 'services_get', places: ['name'] },
    { name: 'services start', operation: 'services_start', places: ['name'], examples: ['browser'] },
    { name: 'services stop', operation: 'services_stop', places: ['name'] },
    { name: 'services restart', operation: 'services_restart', places: ['name'] },
    { name: 'ports', operation: 'preview_ports' },
    { name: 'usage', operation: 'observe_live', summary: 'Show memory, CPU, disks and the busiest processes' },
    { name: 'hooks list', operation: 'sandbox_list_hooks' },
    { name: 'hooks add', operation: 'sandbox_register_hook', places: ['name', 'command'], examples: ["save 'git push'"] },
    { name: 'hooks remove', operation: 'sandbox_remove_hook', places: ['name'] },
  ],
};

export const SKILLS: Group = {
  name: 'skills',
  summary: 'Skills: directories with a SKILL.md that tell an agent how to do something',
  commands: [
    { name: 'list', operation: 'skills_list_metadata', places: ['names'] },
    { name: 'show', operation: 'skills_get_content', places: ['name'] },
    {
      name: 'register',
      operation: 'skills_register',
      places: ['path'],
      upload: { field: 'path', ending: '.zip' },
      examples: ['~/my-skill', 'skills.zip'],
    },
    { name: 'remove', operation: 'skills_delete', places: ['name'] },
    { name: 'clear', operation: 'skills_clear' },
  ],
};

export const MCP: Group = {
  name: 'mcp',
  summary: 'The MCP servers of the sandbox and their tools',
  commands: [
    { name: 'list', operation: 'mcp_list_servers' },
    { name: 'tools', operation: 'mcp_list_tools', places: ['server_name'], each: 'mcp_list_servers', examples: ['', 'browser'] },
    {
      name: 'call',
      operation: 'mcp_call_tool',
      places: ['server_name', 'tool_name', '*'],
      examples: ["shell shell_exec command='ls -la'", `file file_read '{"file":"/etc/hostname"}'`],
    },
  ],
};
