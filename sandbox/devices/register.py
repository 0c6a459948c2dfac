"""Which companions are linked, and the prekeys they left with the server."""

from sandbox.devices.device import Device, DeviceKey, PublicPrekey, SignedPrekey
from sandbox.ratchet.opening import Bundle
from sandbox.store import Store

_DEVICE, _PREKEY = "device", "prekey"


class DeviceRegister:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._devices: dict[DeviceKey, Device] = {}
        self._prekeys: dict[DeviceKey, dict[int, bytes]] = {}
        for _, device in store.load(_DEVICE, Device):
            self._devices[device.key] = device
        for key, prekey in store.load(_PREKEY, PublicPrekey):
            number, device_id, _ = key.split(":")
            owner = DeviceKey(number, int(device_id))
            self._prekeys.setdefault(owner, {})[prekey.id] = prekey.public

    def find(self, key: DeviceKey) -> Device | None:
        return self._devices.get(key)

    def list_of(self, number: str) -> list[Device]:
        return sorted(
            (device for device in self._devices.values() if device.key.number == number),
            key=lambda device: device.key.device,
        )

    def add(self, device: Device) -> None:
        self._devices[device.key] = device
        self._store.put(_DEVICE, str(device.key), device)

    def remove(self, key: DeviceKey) -> None:
        self._devices.pop(key, None)
        self._store.delete(_DEVICE, str(key))
        self.drop_prekeys(key)

    def replace_keys(
        self, device: Device, *, signed: SignedPrekey, prekeys: list[PublicPrekey]
    ) -> None:
        """Takes an upload in; one-time prekeys add to what is there."""
        device.signed_prekey = signed
        self.add(device)
        kept = self._prekeys.setdefault(device.key, {})
        for prekey in prekeys:
            kept[prekey.id] = prekey.public
            self._store.put(_PREKEY, _prekey_key(device.key, prekey.id), prekey)

    def count_prekeys(self, key: DeviceKey) -> int:
        return len(self._prekeys.get(key, {}))

    def drop_prekeys(self, key: DeviceKey) -> None:
        """As if others had taken all one-time prekeys."""
        for prekey_id in self._prekeys.pop(key, {}):
            self._store.delete(_PREKEY, _prekey_key(key, prekey_id))

    def take_bundle(self, device: Device, *, with_prekey: bool = True) -> Bundle:
        """Hands a one-time prekey out for good; without one when none is left, or wanted."""
        bundle = Bundle(
            registration_id=device.registration_id,
            identity=device.identity,
            signed_prekey_id=device.signed_prekey.id,
            signed_prekey=device.signed_prekey.public,
            signature=device.signed_prekey.signature,
        )
        left = self._prekeys.get(device.key)
        if not left or not with_prekey:
            return bundle
        prekey_id = next(iter(left))
        prekey = left.pop(prekey_id)
        self._store.delete(_PREKEY, _prekey_key(device.key, prekey_id))
        return Bundle(
            bundle.registration_id,
            bundle.identity,
            bundle.signed_prekey_id,
            bundle.signed_prekey,
            bundle.signature,
            prekey_id,
            prekey,
        )


def _prekey_key(key: DeviceKey, prekey_id: int) -> str:
    return f"{key}:{prekey_id:08d}"
