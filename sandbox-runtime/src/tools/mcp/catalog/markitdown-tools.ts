import { imagesOf, plainText } from './markdown-text.ts';
import type { Answer, ToolDefinition } from './tool-definition.ts';

const operation = 'POST /v1/util/convert_to_markdown';
const also = { url: 'uri', path: 'uri', file: 'uri', file_path: 'uri', source: 'uri' };

const markdownOf = ({ data }: Answer): string => (typeof data === 'string' ? data : '');

export const markitdownTools: readonly ToolDefinition[] = [
  {
    name: 'markitdown_convert',
    server: 'markitdown',
    operation,
    title: 'Convert to Markdown',
    effect: 'reads',
    openWorld: true,
    also,
    present: (answer) => ({ text: markdownOf(answer), data: { markdown: markdownOf(answer), title: answer['title'] } }),
  },
  {
    name: 'markitdown_extract_text',
    server: 'markitdown',
    operation,
    title: 'Extract the text of a document',
    description: 'The text of a page or a document without any markup. Formats and limits are those of markitdown_convert.',
    effect: 'reads',
    openWorld: true,
    also,
    present: (answer) => {
      const text = plainText(markdownOf(answer));
      return { text, data: { text, title: answer['title'] } };
    },
  },
  {
    name: 'markitdown_extract_images',
    server: 'markitdown',
    operation,
    title: 'List the images of a document',
    description:
      'Address and description of each image of a page or a document. Formats and limits are those of markitdown_convert.',
    effect: 'reads',
    openWorld: true,
    also,
    present: (answer) => {
      const images = imagesOf(markdownOf(answer));
      return {
        text: images.map(({ src, alt }) => `${src}${alt === '' ? '' : ` (${alt})`}`).join('\n') || 'No images.',
        data: { images },
      };
    },
  },
];
