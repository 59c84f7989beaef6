// Writes each dashboard as <uid>.json into the folder that is named on the command line.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { business } from './business';
import { services } from './services';

const folder = process.argv[2];
for (const built of [business.build(), services.build()]) {
  // Numbers, so that links to a panel stay good, and no two panels ever have the same.
  built.panels?.forEach((panel, index) => { panel.id = index + 1; });
  writeFileSync(join(folder, `${built.uid}.json`), JSON.stringify(built, null, 2) + '\n');
}
