metadata description = 'Waybill in a resource group of its own: function app, storage, Service Bus, monitoring, roles.'

targetScope = 'subscription'

import { partner } from './modules/types.bicep'

@description('Name of the environment; resource names and tags are made from it.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('Azure region; it must offer Flex Consumption.')
@minLength(1)
@metadata({
  azd: {
    type: 'location'
  }
})
param location string

@description('Client id of the app registration for which tokens are issued.')
@minLength(36)
@maxLength(36)
param apiClientId string

@description('Public base URL without a trailing slash; it is also the Application ID URI. Empty: the address that Azure gives the app.')
@maxLength(200)
param publicBaseUrl string = ''

@description('Names of connections that definitions may use, such as shop-db; each is the secret connection-<name> of the key vault.')
@maxLength(50)
param connections string[] = []

@description('Subscriptions of the topic for partners that receive with an identity of their own.')
@maxLength(500)
param partners partner[] = []

@description('Whether subscriptions may name the topic: the app then makes and removes subscriptions of the topic for partners, which needs all rights on it.')
@allowed([
  true
  false
])
param provisionTopics bool = false

@description('Whether partners may open their subscriptions with shared access signatures of temporary endpoints. The namespace then accepts keys as well.')
@allowed([
  true
  false
])
param allowServiceBusSas bool = false

@description('Redundancy of the stored data; Standard_LRS where the region has no availability zones.')
@allowed([
  'Standard_LRS'
  'Standard_ZRS'
  'Standard_GRS'
  'Standard_GZRS'
])
param storageRedundancy string = 'Standard_ZRS'

@description('Version of Node.js.')
@allowed([
  '22'
  '24'
])
param nodeVersion string = '24'

@description('Memory of an instance, in MB. 512 is not offered: one body of 16 MiB, from any sender, ends such an instance.')
@allowed([
  2048
  4096
])
param instanceMemoryMB int = 2048

@description('Largest body of a request, in MiB; larger files go to an upload address. The platform reads bodies into memory before the token is checked: docs/from-dynamics.md says which memory goes with which limit.')
@minValue(2)
@maxValue(100)
param maxBodyMiB int = 16

@description('Most instances at once; the platform accepts no fewer than 40.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Instances that always wait for HTTP requests; 0: the first request after a pause waits for a start.')
@minValue(0)
@maxValue(20)
param alwaysReadyHttpInstances int = 0

@description('Times of the tick, as NCRONTAB with seconds.')
@minLength(11)
param tickSchedule string = '0 * * * * *'

@description('Sustained requests per second that one application may send to one instance; more are answered 429.')
@minValue(1)
@maxValue(9999999)
param rateLimitPerSecond int = 250

@description('Requests that one application may send to one instance at once, after a silence.')
@minValue(1)
@maxValue(9999999)
param rateLimitBurst int = 5000

@description('How long logs are kept, in days.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 30

@description('Mail addresses for alerts; empty: alerts show in the portal only.')
@maxLength(254)
param alertEmail string = ''

@description('Messages that may wait in a queue or the topic for 15 minutes without an alert.')
@minValue(1)
@maxValue(1000000)
param activeMessagesThreshold int = 1000

var topology = loadJsonContent('topology.json')
var nameSuffix = toLower(uniqueString(subscription().id, environmentName, location))
var tags = {
  'azd-env-name': environmentName
}
var packageContainer = 'app-package'

resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  name: 'identity'
  scope: group
  params: {
    name: 'id-waybill-${nameSuffix}'
    location: location
    tags: tags
  }
}

module hostStorage 'modules/storage-account.bicep' = {
  name: 'host-storage'
  scope: group
  params: {
    name: 'sthost${nameSuffix}'
    location: location
    tags: tags
    redundancy: storageRedundancy
    containers: [
      packageContainer
    ]
  }
}

module dataStorage 'modules/storage-account.bicep' = {
  name: 'data-storage'
  scope: group
  params: {
    name: 'stdata${nameSuffix}'
    location: location
    tags: tags
    redundancy: storageRedundancy
    tables: map(items(topology.tables), table => table.value)
  }
}

module messaging 'modules/service-bus.bicep' = {
  name: 'service-bus'
  scope: group
  params: {
    name: 'sb-waybill-${nameSuffix}'
    location: location
    tags: tags
    partners: partners
    allowServiceBusSas: allowServiceBusSas
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    workspaceName: 'log-waybill-${nameSuffix}'
    insightsName: 'appi-waybill-${nameSuffix}'
    location: location
    tags: tags
    retentionDays: logRetentionDays
  }
}

module vault 'modules/key-vault.bicep' = {
  name: 'key-vault'
  scope: group
  params: {
    name: 'kv-waybill-${nameSuffix}'
    location: location
    tags: tags
  }
}

module roles 'modules/roles.bicep' = {
  name: 'roles'
  scope: group
  params: {
    principalId: identity.outputs.principalId
    hostStorageName: hostStorage.outputs.name
    dataStorageName: dataStorage.outputs.name
    serviceBusName: messaging.outputs.name
    insightsName: monitoring.outputs.insightsName
    vaultName: vault.outputs.name
    partners: partners
    provisionTopics: provisionTopics
  }
}

module app 'modules/function-app.bicep' = {
  name: 'function-app'
  scope: group
  // roles take a minute or two to be known everywhere, so the app comes last
  dependsOn: [
    roles
  ]
  params: {
    name: 'func-waybill-${nameSuffix}'
    planName: 'plan-waybill-${nameSuffix}'
    location: location
    tags: tags
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    hostStorageName: hostStorage.outputs.name
    hostBlobUri: hostStorage.outputs.blobUri
    hostQueueUri: hostStorage.outputs.queueUri
    hostTableUri: hostStorage.outputs.tableUri
    packageContainer: packageContainer
    dataBlobUri: dataStorage.outputs.blobUri
    dataTableUri: dataStorage.outputs.tableUri
    serviceBusHost: messaging.outputs.host
    insightsName: monitoring.outputs.insightsName
    vaultName: vault.outputs.name
    connections: connections
    apiClientId: apiClientId
    publicBaseUrl: publicBaseUrl
    tickSchedule: tickSchedule
    topicAccess: provisionTopics ? (allowServiceBusSas ? 'entra,sas' : 'entra') : ''
    rateLimitPerSecond: rateLimitPerSecond
    rateLimitBurst: rateLimitBurst
    maxBodyMiB: maxBodyMiB
    nodeVersion: nodeVersion
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReadyHttpInstances: alwaysReadyHttpInstances
  }
}

module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  scope: group
  params: {
    nameSuffix: nameSuffix
    location: location
    tags: tags
    serviceBusName: messaging.outputs.name
    insightsName: monitoring.outputs.insightsName
    email: alertEmail
    activeMessagesThreshold: activeMessagesThreshold
  }
}

output AZURE_LOCATION string = location
output AZURE_TENANT_ID string = tenant().tenantId
output AZURE_RESOURCE_GROUP string = group.name
output WAYBILL_APP_NAME string = app.outputs.name
output WAYBILL_APP_URL string = app.outputs.appUrl
output WAYBILL_BASE_URL string = app.outputs.baseUrl
output WAYBILL_KEY_VAULT_NAME string = vault.outputs.name
output WAYBILL_SERVICE_BUS_HOST string = messaging.outputs.host
output WAYBILL_DATA_STORAGE_NAME string = dataStorage.outputs.name
