import { Flow, type Inputs, step } from '@flow/core'

export default class Nested extends Flow {
  declare readonly input: number | string
  rows = ['a', 'b', 'c']
  columns = [1, 2]
  row = ''
  cell = ''
  cells: string[] = []

  @step start() {
    this.next(this.eachRow, { foreach: 'rows' })
  }

  @step eachRow() {
    this.row = String(this.input)
    this.next(this.eachColumn, { foreach: 'columns' })
  }

  @step eachColumn() {
    this.cell = `${this.row}${this.input}`
    this.next(this.later)
  }

  @step later() {
    // The element is that of the innermost foreach in every step up to its join.
    this.cell += `=${this.input}`
    this.next(this.joinColumns)
  }

  @step joinColumns(inputs: Inputs<this>) {
    this.cells = inputs.map(input => input.cell)
    this.next(this.afterColumns)
  }

  @step afterColumns() {
    this.cells.push(`row ${this.input}`)
    this.next(this.joinRows)
  }

  @step joinRows(inputs: Inputs<this>) {
    this.cells = inputs.flatMap(input => input.cells)
    this.next(this.end)
  }

  @step end() {
    console.log(this.cells.join(' '))
  }
}
