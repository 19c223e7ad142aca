/** What has to be given back, last first: an AsyncDisposableStack, which Node.js 22 has not. */
export class Owned implements AsyncDisposable {
  readonly #resources: (Disposable | AsyncDisposable)[] = []

  use(resource: Disposable | AsyncDisposable | undefined): void {
    if (resource !== undefined) this.#resources.push(resource)
  }

  /** Gives back all of it, even where one throws; the first that one threw is thrown at the end. */
  async [Symbol.asyncDispose](): Promise<void> {
    const errors: unknown[] = []
    for (let resource = this.#resources.pop(); resource !== undefined; resource = this.#resources.pop()) {
      try {
        if (Symbol.asyncDispose in resource) await resource[Symbol.asyncDispose]()
        else resource[Symbol.dispose]()
      } catch (error) {
        errors.push(error)
      }
    }
    if (errors.length > 0) throw errors[0]
  }
}
