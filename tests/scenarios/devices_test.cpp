// Devices and their names, as udev tells them.
#include <gtest/gtest.h>

#include "init/machines/machine_types.h"
#include "tests/sim/sim.h"

TEST(Devices, links_follow_the_device_but_names_below_sys_do_not) {
  sim::SimMachine machine;
  init::event::Device device;
  device.sysfs_path = "/sys/devices/pci0/net/eth0";
  device.symlinks = {"/dev/by-id/eth0"};
  device.aliases = {"/sys/subsystem/net/devices/eth0"};
  machine.post(device);
  const init::Unit* main = machine.unit("sys-devices-pci0-net-eth0.device");
  ASSERT_NE(main, nullptr);
  EXPECT_EQ(init::following_of(*main), init::UnitId::none);
  const init::Unit* link = machine.unit("dev-by\\x2did-eth0.device");
  ASSERT_NE(link, nullptr);
  EXPECT_EQ(init::following_of(*link), main->id);
  const init::Unit* alias = machine.unit("sys-subsystem-net-devices-eth0.device");
  ASSERT_NE(alias, nullptr);
  EXPECT_EQ(init::following_of(*alias), init::UnitId::none);
  EXPECT_EQ(alias->active_state(), init::ActiveState::active);
}
