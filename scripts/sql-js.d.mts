import type { Plugin as EsbuildPlugin } from 'esbuild';
import type { Plugin as VitePlugin } from 'vitest/config';

export const sqlJsForEsbuild: EsbuildPlugin;
export const sqlJsForVite: VitePlugin;
