/** What is wrong with a data file, in words that name the place and the remedy. */
export class DataError extends Error {
  override readonly name = 'DataError'

  /**
   * @param file name as the user knows it
   * @param detail what is wrong, and where in the file
   * @param remedy what to do about it
   */
  constructor(
    readonly file: string,
    detail: string,
    remedy?: string,
    options?: ErrorOptions
  ) {
    super(`${file}: ${detail}${remedy === undefined ? '' : `; ${remedy}`}`, options)
  }
}
