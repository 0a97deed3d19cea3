metadata description = 'All rights in one place: those of the app, and of partners that receive with their own identity.'

import { partner } from './types.bicep'

@description('Object id of the identity of the app.')
param principalId string

param hostStorageName string

param dataStorageName string

param serviceBusName string

param insightsName string

param vaultName string

param partners partner[]

@description('Whether the app makes subscriptions of the topic, and reads the key that signs their tokens.')
param provisionTopics bool

var topology = loadJsonContent('../topology.json')

// https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
var roles = {
  storageBlobDataOwner: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b')
  storageBlobDataContributor: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'ba92f5b4-2d11-453d-a403-e96b0029c9fe')
  storageTableDataContributor: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3')
  serviceBusDataSender: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39')
  serviceBusDataOwner: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '090c5cfd-751d-490a-894a-3ce6f1109419')
  serviceBusDataReceiver: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0')
  monitoringMetricsPublisher: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '3913510d-42f4-4e42-8a64-420c390055eb')
  keyVaultSecretsUser: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '4633458b-17de-408a-b874-0445c86b69e6')
}

resource hostStorage 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: hostStorageName
}

resource dataStorage 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: dataStorageName
}

resource bus 'Microsoft.ServiceBus/namespaces@2024-01-01' existing = {
  name: serviceBusName
}

resource queues 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' existing = [
  for queue in items(topology.queues): {
    parent: bus
    name: queue.value
  }
]

resource fileAvailable 'Microsoft.ServiceBus/namespaces/topics@2024-01-01' existing = {
  parent: bus
  name: topology.topics.fileAvailable
}

resource fanOut 'Microsoft.ServiceBus/namespaces/topics/subscriptions@2024-01-01' existing = {
  parent: fileAvailable
  name: topology.subscriptions.fanOut
}

resource partnerSubscriptions 'Microsoft.ServiceBus/namespaces/topics/subscriptions@2024-01-01' existing = [
  for item in partners: {
    parent: fileAvailable
    name: 'partner-${item.name}'
  }
]

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' existing = {
  name: vaultName
}

// the platform's own state and the app's package
resource hostBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(hostStorage.id, principalId, roles.storageBlobDataOwner)
  scope: hostStorage
  properties: {
    roleDefinitionId: roles.storageBlobDataOwner
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

// the platform's diagnostic events
resource hostTables 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(hostStorage.id, principalId, roles.storageTableDataContributor)
  scope: hostStorage
  properties: {
    roleDefinitionId: roles.storageTableDataContributor
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

resource dataBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(dataStorage.id, principalId, roles.storageBlobDataContributor)
  scope: dataStorage
  properties: {
    roleDefinitionId: roles.storageBlobDataContributor
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

resource dataTables 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(dataStorage.id, principalId, roles.storageTableDataContributor)
  scope: dataStorage
  properties: {
    roleDefinitionId: roles.storageTableDataContributor
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

resource sends 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (queue, index) in items(topology.queues): {
    name: guid(queues[index].id, principalId, roles.serviceBusDataSender)
    scope: queues[index]
    properties: {
      roleDefinitionId: roles.serviceBusDataSender
      principalId: principalId
      principalType: 'ServicePrincipal'
    }
  }
]

// this covers their dead letters
resource receives 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (queue, index) in items(topology.queues): {
    name: guid(queues[index].id, principalId, roles.serviceBusDataReceiver)
    scope: queues[index]
    properties: {
      roleDefinitionId: roles.serviceBusDataReceiver
      principalId: principalId
      principalType: 'ServicePrincipal'
    }
  }
]

resource announces 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(fileAvailable.id, principalId, roles.serviceBusDataSender)
  scope: fileAvailable
  properties: {
    roleDefinitionId: roles.serviceBusDataSender
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

// only for the topic: it makes and removes subscriptions and rules there
resource provisions 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (provisionTopics) {
  name: guid(fileAvailable.id, principalId, roles.serviceBusDataOwner)
  scope: fileAvailable
  properties: {
    roleDefinitionId: roles.serviceBusDataOwner
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

// only for the subscription: receiving on the topic would take messages from partners
resource fansOut 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(fanOut.id, principalId, roles.serviceBusDataReceiver)
  scope: fanOut
  properties: {
    roleDefinitionId: roles.serviceBusDataReceiver
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

resource publishesMetrics 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(insights.id, principalId, roles.monitoringMetricsPublisher)
  scope: insights
  properties: {
    roleDefinitionId: roles.monitoringMetricsPublisher
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

resource readsSecrets 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, principalId, roles.keyVaultSecretsUser)
  scope: vault
  properties: {
    roleDefinitionId: roles.keyVaultSecretsUser
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

resource partnersReceive 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (item, index) in partners: {
    name: guid(partnerSubscriptions[index].id, item.principalId, roles.serviceBusDataReceiver)
    scope: partnerSubscriptions[index]
    properties: {
      roleDefinitionId: roles.serviceBusDataReceiver
      principalId: item.principalId
      principalType: 'ServicePrincipal'
    }
  }
]
