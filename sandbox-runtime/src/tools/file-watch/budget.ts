/** What all watchers together may hold: directories with a watch of the kernel, and files that are remembered. */
export class WatchBudget {
  readonly #directories: number;
  readonly #files: number;
  #usedDirectories = 0;
  #usedFiles = 0;

  constructor({ directories, files }: { directories: number; files: number }) {
    this.#directories = directories;
    this.#files = files;
  }

  takeDirectory(): boolean {
    if (this.#usedDirectories >= this.#directories) return false;
    this.#usedDirectories += 1;
    return true;
  }

  returnDirectory(): void {
    this.#usedDirectories -= 1;
  }

  takeFile(): boolean {
    if (this.#usedFiles >= this.#files) return false;
    this.#usedFiles += 1;
    return true;
  }

  returnFile(): void {
    this.#usedFiles -= 1;
  }
}
