import { expect } from 'chai';
import { ownPlugins } from '../../../../src/config/plugin-folders.js';
import { loadPlugin } from '../../../../src/config/plugins/load.js';
import { disk, type Files } from '../../../../src/util/read-text.js';

const folder = `${ownPlugins}/stripe`;

/** The disk, with a change in the files that end with `name`. */
function changed(name: string, change: (text: string) => string): Files {
  return {
    ...disk,
    read: async (path) => {
      const read = await disk.read(path);
      return 'text' in read && path.endsWith(name) ? { text: change(read.text) } : read;
    },
  };
}

describe('a plugin that is loaded again', () => {
  it('is not compiled again while its files are the same', async () => {
    const first = await loadPlugin(folder);
    expect((await loadPlugin(folder)).provider).to.equal(first.provider);
  });

  for (const name of ['plugin.yaml', 'event.schema.json', 'event-types.txt']) {
    it(`is compiled again once ${name} is another`, async () => {
      const { provider: first, sources } = await loadPlugin(folder);
      expect([...sources.keys()].some((path) => path.endsWith(name))).to.equal(true);
      const { provider: second } = await loadPlugin(
        folder,
        changed(name, (text) => `${text}\n`),
      );
      expect(second).to.be.an('object').and.not.equal(first);
    });
  }

  it('has its faults for as long as they are there', async () => {
    const broken = changed('plugin.yaml', (text) => text.replace('name: stripe', 'name: strip'));
    for (let times = 0; times < 2; times++) {
      const { provider, diagnostics } = await loadPlugin(folder, broken);
      expect(provider).to.equal(undefined);
      expect(diagnostics.map(({ rule }) => rule)).to.include('plugin-name');
    }
    expect((await loadPlugin(folder)).provider?.name).to.equal('stripe');
  });
});
