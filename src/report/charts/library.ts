/** The charting library, known to this file alone: an optional package, loaded when a report is asked for. */
import { HealixError } from '../../errors.ts';
import { cleanSvg } from './clean-svg.ts';

/** What is drawn, in the library's own terms. */
export type ChartOption = Readonly<Record<string, unknown>>;

export interface Drawing {
  /** Unique on the page; begins the ids within the drawing. */
  readonly id: string;
  readonly width: number;
  readonly height: number;
  /** What it shows and what is to be seen in it, for those who do not see it. */
  readonly label: string;
  readonly option: ChartOption;
}

/** Draws a chart as SVG that follows the page's colours and scales to its width. */
export type Draw = (drawing: Drawing) => string;

/** Throws a `HealixError` that says what to install when the library is not there. */
export async function loadCharts(load: () => Promise<Echarts> = loadEcharts): Promise<Draw> {
  const echarts = await load().catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new HealixError(
      'report-needs-echarts',
      '--report draws its charts with the optional package echarts, which is not installed here.\n' +
        'Install it with "npm install echarts", or leave --report out.',
      { cause: error },
    );
  });
  return ({ id, width, height, label, option }) => {
    const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height });
    try {
      chart.setOption({ animation: false, backgroundColor: 'transparent', ...option });
      return cleanSvg(chart.renderToSVGString({ useViewBox: true }), { id, width, height, label });
    } finally {
      chart.dispose();
    }
  };
}

interface Echarts {
  init(
    dom: null,
    theme: null,
    options: { readonly renderer: 'svg'; readonly ssr: true; readonly width: number; readonly height: number },
  ): {
    setOption(option: ChartOption): void;
    renderToSVGString(options: { readonly useViewBox: boolean }): string;
    dispose(): void;
  };
}

/** Only the parts that are drawn with, which loads several times faster than all of it. */
async function loadEcharts(): Promise<Echarts> {
  const [core, charts, components, features, renderers] = await Promise.all([
    import('echarts/core'),
    import('echarts/charts'),
    import('echarts/components'),
    import('echarts/features'),
    import('echarts/renderers'),
  ]);
  core.use([
    charts.CustomChart,
    charts.LineChart,
    charts.ScatterChart,
    components.GridComponent,
    components.MarkLineComponent,
    components.TitleComponent,
    features.LabelLayout,
    renderers.SVGRenderer,
  ]);
  return core as unknown as Echarts;
}
