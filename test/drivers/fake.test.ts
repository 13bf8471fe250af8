/** The contract of volume drivers, on the fake driver, which stores nothing. */
import { setup } from 'cinderlib-wasm';
import { volumeDriverContract } from 'cinderlib-wasm/testing';
import { test } from 'vitest';

const volume_driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';
volumeDriverContract({ test, setup, backend: () => ({ volume_backend_name: 'fake', volume_driver }) });
