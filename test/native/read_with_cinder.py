"""Reads a database with OpenStack Cinder's own code, says what it finds as JSON, and renames the first volume.

Usage: read_with_cinder.py DATABASE
"""
import json
import logging
import sys

logging.disable(logging.CRITICAL)

from cinder import context
from cinder import objects
from cinder.db import api
from cinder.db import migration
from oslo_config import cfg

objects.register_all()
cfg.CONF([], project='cinder', version='1')
cfg.CONF.set_override('connection', 'sqlite:///' + sys.argv[1], 'database')
ctx = context.RequestContext('cinderlib', 'cinderlib', is_admin=True, overwrite=False)

migration.db_sync()


def volume(ovo):
    qos = ovo.volume_type.qos_specs
    return {
        'id': ovo.id,
        'name': ovo.display_name,
        'size': ovo.size,
        'status': ovo.status,
        'host': ovo.host,
        'created_at': ovo.created_at.strftime('%Y-%m-%dT%H:%M:%S.%fZ'),
        'metadata': dict(ovo.metadata),
        'admin_metadata': dict(ovo.admin_metadata),
        'type': ovo.volume_type.name,
        'extra_specs': dict(ovo.volume_type.extra_specs),
        'qos_specs': qos and {'name': qos.name, 'consumer': qos.consumer, 'specs': dict(qos.specs)},
        'attachments': [
            {'mode': one.attach_mode, 'info': one.connection_info, 'connector': one.connector}
            for one in ovo.volume_attachment
        ],
        'snapshots': [
            {
                'id': one.id,
                'name': one.display_name,
                'size': one.volume_size,
                'metadata': dict(one.metadata),
                'backend': one.progress,
                'type_id': one.volume_type_id,
            }
            for one in ovo.snapshots
        ],
    }


volumes = objects.VolumeList.get_all(ctx)
found = {
    'volumes': [volume(ovo) for ovo in volumes],
    'qos_specs': sorted(one['name'] for one in api.qos_specs_get_all(ctx)),
    'types': sorted(one['name'] for one in api.volume_type_get_all(ctx, list_result=True)),
}
if volumes:
    volumes[0].display_name = 'renamed by Cinder'
    volumes[0].save()
print(json.dumps(found))
