/** Types of the parts of genetic-js 0.1.14 in use; the package publishes none. */
declare module 'genetic-js' {
  export interface Scored<Entity> {
    readonly fitness: number;
    readonly entity: Entity;
  }

  export type Select1 = <Entity>(population: readonly Scored<Entity>[]) => Entity;
  export type Select2 = <Entity>(population: readonly Scored<Entity>[]) => [Entity, Entity];

  export interface Genetic<Entity> {
    seed: () => Entity;
    fitness: (entity: Entity) => number;
    mutate: ((entity: Entity) => Entity) | null;
    crossover: ((mother: Entity, father: Entity) => [Entity, Entity]) | null;
    optimize: (a: number, b: number) => boolean;
    select1: Select1;
    select2: Select2;
    /** Called after each scoring, population best first; `false` stops the run. */
    generation: ((population: readonly Scored<Entity>[], generation: number) => boolean) | null;
    configuration: {
      size: number;
      crossover: number;
      mutation: number;
      iterations: number;
      fittestAlwaysSurvives: boolean;
    };
    entities: Entity[];
    /** Synchronous; appends `configuration.size` seeds to `entities` first. Draws from `Math.random`. */
    start(): void;
  }

  const genetic: {
    create(): Genetic<number>;
    readonly Select1: Readonly<Record<'Tournament2' | 'Tournament3' | 'Fittest' | 'Random', Select1>>;
    readonly Select2: Readonly<Record<'Tournament2' | 'Tournament3' | 'Random', Select2>>;
    readonly Optimize: Readonly<Record<'Minimize' | 'Maximize', (a: number, b: number) => boolean>>;
    Clone<Value>(value: Value): Value;
  };
  // biome-ignore lint/style/noDefaultExport: this is what the package exports
  export default genetic;
}
