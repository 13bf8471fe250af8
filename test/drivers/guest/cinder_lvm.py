"""OpenStack Cinder's own LVM driver, as root in a guest: does what each line of JSON on its standard input says.

A line is [lvm_type, method, arguments...]. The answer is a line of JSON: {"value": ...} or {"error": "Name: message"}.
The methods are those of the driver, and `volumes`: what Cinder finds in the group, with its sizes in GiB. An argument
that is an object becomes one of Cinder's own, which knows its name on the disk: a snapshot if it has a volume_id.
"""
import json
import logging
import sys

logging.disable(logging.CRITICAL)

from cinder import context
from cinder import objects
from cinder import privsep
from cinder.volume import configuration
from cinder.volume import driver
from cinder.volume.drivers import lvm
from oslo_concurrency import processutils
from oslo_config import cfg

objects.register_all()
cfg.CONF([], project='cinder', version='1')
cfg.CONF.set_override('lock_path', '/mnt', 'oslo_concurrency')
# A guest takes a second to fork a program of this size, and nothing for a child that shares its memory until it runs
# another program: without a function to call in between Python makes such a child.
popen = processutils.subprocess.Popen
processutils.subprocess.Popen = lambda *words, preexec_fn, **options: popen(*words, **options)
# Root needs neither a helper nor a daemon with privileges.
privsep.sys_admin_pctxt.set_client_mode(False)

ctx = context.RequestContext('guest', 'guest', is_admin=True, overwrite=False)
drivers = {}


def driver_of(lvm_type):
    if lvm_type not in drivers:
        group = 'backend_' + lvm_type
        options = configuration.Configuration(lvm.volume_opts + driver.volume_opts, config_group=group)
        overrides = {
            'lvm_type': lvm_type,
            # Nothing is exported: what exports has tests of its own.
            'target_helper': 'fake',
            # What Cinder zeroes takes its time, and is nothing to be read afterwards.
            'volume_clear_size': 1,
        }
        for name, value in overrides.items():
            cfg.CONF.set_override(name, value, group)
        made = lvm.LVMVolumeDriver(configuration=options, db=None, host='guest@lvm')
        made.do_setup(None)
        made.check_for_setup_error()
        drivers[lvm_type] = made
    return drivers[lvm_type]


def cinder_object(value):
    if not isinstance(value, dict):
        return value
    if 'volume_id' in value:
        volume = cinder_object({'id': value['volume_id'], 'size': value['volume_size']})
        return objects.Snapshot(ctx, volume=volume, **value)
    nobody = objects.VolumeAttachmentList(objects=[])
    return objects.Volume(ctx, _name_id=None, provider_location=None, volume_attachment=nobody, **value)


def run(lvm_type, method, *arguments):
    cinder = driver_of(lvm_type)
    if method == 'volumes':
        return {one['name']: float(one['size']) for one in cinder.vg.get_volumes()}
    if method == 'stats':
        return cinder.get_volume_stats(refresh=True)['pools'][0]
    return getattr(cinder, method)(*map(cinder_object, arguments))


print('ready', flush=True)
for line in sys.stdin:
    try:
        answer = {'value': run(*json.loads(line))}
    except Exception as error:
        answer = {'error': '%s: %s' % (type(error).__name__, error)}
    print(json.dumps(answer, default=str), flush=True)
